import type { ByteReader } from "../byte-reader.ts";
import type { EngineRecord, EngineWrite } from "../engine.ts";
import { memberKey, prefixes } from "../key-space.ts";
import { seal, unseal } from "../records.ts";
import { textOfUtf8, utf8Of } from "../utf8.ts";
import { TableChanges } from "./table-changes.ts";
import type { Table, TableKind } from "./table.ts";

/** What a member makes known of itself. */
export interface PublishedMember {
  readonly name: string;
  readonly clientUrls: readonly string[];
}

export const memberKind: TableKind = {
  name: "member",
  prefix: prefixes.member,
  check: (record) => void unsealMember(record),
};

/** What members have published, by member id. No part of the revisioned state. */
export class Members implements Table {
  readonly kind = memberKind;
  readonly #published = new Map<number, PublishedMember>();
  readonly #changes = new TableChanges<number, PublishedMember>(memberWrite);

  get published(): ReadonlyMap<number, PublishedMember> {
    return this.#published;
  }

  get changedBytes(): number {
    return this.#changes.bytes;
  }

  publish(member: number, { name, clientUrls }: PublishedMember): void {
    const published = { name, clientUrls };
    this.#published.set(member, published);
    this.#changes.set(member, published);
  }

  load(record: EngineRecord): void {
    const [member, published] = unsealMember(record);
    this.#published.set(member, published);
  }

  takeChanged(): Iterable<EngineWrite> {
    return this.#changes.take();
  }
}

function memberWrite(member: number, published: PublishedMember | undefined): EngineWrite {
  const key = memberKey(member);
  if (published === undefined) return { key, value: undefined };
  const { name, clientUrls } = published;
  const value = seal(key, (into) => {
    into.varint(member);
    into.sizedBytes(utf8Of(name));
    into.varint(clientUrls.length);
    for (const url of clientUrls) into.sizedBytes(utf8Of(url));
  });
  return { key, value };
}

/** Throws `DamagedRecordError`. */
function unsealMember({ key, value }: EngineRecord): [number, PublishedMember] {
  return unseal("member", key, value, readMember);
}

function readMember(reader: ByteReader): [number, PublishedMember] {
  const member = reader.varint();
  const name = textOfUtf8(reader.sizedBytes());
  const clientUrls: string[] = [];
  for (let left = reader.varint(); left > 0; left--) clientUrls.push(textOfUtf8(reader.sizedBytes()));
  return [member, { name, clientUrls }];
}
