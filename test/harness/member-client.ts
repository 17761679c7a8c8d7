import { openAccess, type Access } from "../../packages/cli/src/client/access.ts";
import type { Calls } from "../../packages/cli/src/client/calls.ts";
import { openCalls } from "../../packages/cli/src/client/calls.ts";
import { hashKv, memberStatus, put, range } from "../../packages/cli/src/client/etcd-methods.ts";
import { revisionOf } from "../../packages/cli/src/client/print.ts";
import { bytesOfArgument, endOfPrefix } from "../../packages/cli/src/client/text-and-bytes.ts";

/** What a member says of itself. Ids as decimal text, so that they compare and print. */
export interface MemberState {
  readonly memberId: string;
  /** "0" when unknown. */
  readonly leader: string;
  readonly term: number;
  readonly appliedIndex: number;
}

/** Speaks gRPC to one member alone. Keys and values are text. */
export class MemberClient {
  readonly endpoint: string;
  readonly #calls: Calls;

  /** Every call, connecting included, fails after `timeoutMs`. */
  constructor(endpoint: string, timeoutMs = 5000, access: Access = openAccess) {
    this.endpoint = endpoint;
    this.#calls = openCalls([endpoint], timeoutMs, access);
  }

  /** Writes, and gives the revision. */
  async put(key: string, value: string): Promise<number> {
    return revisionOf(await this.#calls.call(put, { key: utf8(key), value: utf8(value) }));
  }

  /** A linearizable read: undefined when the key is absent. */
  async get(key: string): Promise<string | undefined> {
    const answer = await this.#range(utf8(key), new Uint8Array(0), 0, 0, false);
    return answer.kvs.map(({ value }) => Buffer.from(value).toString("utf8"))[0];
  }

  /** Everything under a prefix in this member's own state, at one revision, in pages. */
  async readAll(prefix: string, pageSize: number): Promise<ReadonlyMap<string, string>> {
    const found = new Map<string, string>();
    await this.forEach(prefix, pageSize, (key, value) => found.set(key, value));
    return found;
  }

  /** The same for more than memory should hold. */
  async forEach(prefix: string, pageSize: number, visit: (key: string, value: string) => void): Promise<void> {
    const end = endOfPrefix(utf8(prefix));
    // Every key begins with nothing: etcd writes that range from the least key on.
    let from = prefix === "" ? new Uint8Array(1) : utf8(prefix);
    let revision = 0;
    for (;;) {
      const page = await this.#range(from, end, pageSize, revision, true);
      revision = revision === 0 ? revisionOf(page) : revision;
      for (const { key, value } of page.kvs) {
        visit(Buffer.from(key).toString("utf8"), Buffer.from(value).toString("utf8"));
      }
      const last = page.kvs.at(-1);
      if (!page.more || last === undefined) return;
      from = Uint8Array.from([...last.key, 0]);
    }
  }

  /** The revision of this member's own state. */
  async revision(): Promise<number> {
    return revisionOf(await this.#range(utf8("no such key"), new Uint8Array(0), 0, 0, true));
  }

  /** Hash of this member's own state at a revision. */
  async hash(revision: number): Promise<number> {
    return (await this.#calls.call(hashKv, { revision: BigInt(revision) })).hash;
  }

  async state(): Promise<MemberState> {
    const { header, leader, raftTerm, raftAppliedIndex } = await this.#calls.call(memberStatus, {});
    return {
      memberId: String(header?.memberId ?? 0n),
      leader: leader.toString(),
      term: Number(raftTerm),
      appliedIndex: Number(raftAppliedIndex),
    };
  }

  close(): void {
    this.#calls.close();
  }

  #range(key: Uint8Array, rangeEnd: Uint8Array, limit: number, revision: number, serializable: boolean) {
    return this.#calls.call(range, {
      key,
      rangeEnd,
      limit: BigInt(limit),
      revision: BigInt(revision),
      serializable,
    });
  }
}

function utf8(text: string): Uint8Array {
  return bytesOfArgument(text, false);
}
