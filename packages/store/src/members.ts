import type { ByteReader } from "./byte-reader.ts";
import type { EngineRecord, EngineWrite } from "./engine.ts";
import { memberKey } from "./key-space.ts";
import { seal, unseal } from "./records.ts";
import { textOfUtf8, utf8Of } from "./utf8.ts";

/** What a member makes known of itself. */
export interface PublishedMember {
  readonly name: string;
  readonly clientUrls: readonly string[];
}

/** What members have published, by member id. No part of the revisioned state. */
export class Members {
  readonly #published = new Map<number, PublishedMember>();
  #changed = new Set<number>();

  get published(): ReadonlyMap<number, PublishedMember> {
    return this.#published;
  }

  publish(member: number, { name, clientUrls }: PublishedMember): void {
    this.#published.set(member, { name, clientUrls });
    this.#changed.add(member);
  }

  /** Throws `DamagedRecordError`. */
  load(record: EngineRecord): void {
    const [member, published] = unseal("member", record.key, record.value, readMember);
    this.#published.set(member, published);
  }

  /** For a checkpoint: the records that changed since the last one. */
  takeChanged(): EngineWrite[] {
    const writes: EngineWrite[] = [];
    for (const member of this.#changed) {
      const { name, clientUrls } = this.#published.get(member) as PublishedMember;
      const key = memberKey(member);
      const value = seal(key, (into) => {
        into.varint(member);
        into.sizedBytes(utf8Of(name));
        into.varint(clientUrls.length);
        for (const url of clientUrls) into.sizedBytes(utf8Of(url));
      });
      writes.push({ key, value });
    }
    this.#changed = new Set();
    return writes;
  }
}

function readMember(reader: ByteReader): [number, PublishedMember] {
  const member = reader.varint();
  const name = textOfUtf8(reader.sizedBytes());
  const clientUrls: string[] = [];
  for (let left = reader.varint(); left > 0; left--) clientUrls.push(textOfUtf8(reader.sizedBytes()));
  return [member, { name, clientUrls }];
}
