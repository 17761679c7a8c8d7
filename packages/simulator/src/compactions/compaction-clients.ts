import type { MemberId } from "@quorate/raft";
import {
  encodeCommand,
  type CommandResult,
  type KeyValueStore,
  type PlainCommand,
  type RangeOperation,
} from "@quorate/store";
import type { RandomStream } from "../random-streams.ts";
import { MemberRequests } from "../replica/member-requests.ts";
import { asOperated } from "../replica/operated-target.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { MachineCall, RequestTarget } from "../workload.ts";
import type { CompactionBook } from "./compaction-book.ts";

/** What one client asks for. Plain data. */
export interface CompactionOperation {
  readonly kind: (typeof kinds)[number];
  readonly key: string;
  /** How far before the newest revision, of which there is one more with each put. */
  readonly age: number;
  /** Unique in a run. */
  readonly number: number;
}

const kinds = [
  ...(["put", "put", "put", "put", "put", "put", "delete", "delete"] as const),
  ...(["compact", "physical compact", "read", "read", "read", "hash", "scrub"] as const),
] as const;

export function drawCompactionOperation(random: RandomStream, _process: number, number: number): CompactionOperation {
  const age = random.chance(0.2) ? random.integer(-2, 60) : random.integer(0, 10);
  return { kind: random.pick(kinds), key: random.pick(["a", "b", "c", "b\0"]), age, number };
}

/** Clients that put, delete and compact through all members, and look at what each of them shows by itself. */
export class CompactionClients {
  readonly target: RequestTarget;
  readonly #cluster: ReplicaCluster<KeyValueStore, CommandResult>;
  readonly #book: CompactionBook;
  readonly #requests: MemberRequests<KeyValueStore, CommandResult>;

  constructor(cluster: ReplicaCluster<KeyValueStore, CommandResult>, book: CompactionBook, { timing }: SwarmOptions) {
    this.#cluster = cluster;
    this.#book = book;
    this.#requests = new MemberRequests(cluster, timing.electionTimeoutMs);
    this.target = asOperated(this.#requests, this);
  }

  perform(id: MemberId, { operation }: MachineCall): void {
    const { kind, key, age, number } = operation as CompactionOperation;
    const what = `${kind} ${number}`;
    const revision = Math.max(1, this.#book.revision - age);
    switch (kind) {
      case "put":
        return this.#propose(id, what, putOf(key, String(number)));
      case "delete":
        return this.#propose(id, what, {
          type: "delete-range",
          range: { key: bytesOf(key), end: undefined },
          previous: false,
        });
      case "compact":
        return this.#propose(id, what, { type: "compact", revision });
      case "physical compact":
        return this.#compactPhysically(id, what, revision);
      case "read":
        return this.#read(id, revision);
      case "hash":
        return this.#withStore(id, (store) => {
          store.hash(0, (error, read) => {
            if (error === undefined && read.ok) this.#book.hashed(id, read.result);
          });
        });
      case "scrub":
        return this.#withStore(id, (store) => {
          store.scrub({ records: 0, bytes: 0 }, (error, report) => {
            // What a disk did to a record is for a scrub to find; what compaction did is not to be found.
            const isDamaged = this.#cluster.member(id).disk.isStateDamaged;
            if (error === undefined && report !== undefined && !isDamaged) this.#book.scrubbed(id, report);
          });
        });
    }
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    for (const at of sizes.keys()) this.#propose(id, `probe ${first + at}`, putOf("p", `p${first + at}`));
  }

  /** @throws SafetyViolation */
  checkAtTheEnd(): void {
    this.#requests.expectAnswers();
  }

  #propose(id: MemberId, what: string, command: PlainCommand): void {
    this.#requests.request(id, what, (replica, answered) => replica.propose(encodeCommand(command), () => answered()));
  }

  /** As KV.Compact does it; a member that dies meanwhile answers nobody. */
  #compactPhysically(id: MemberId, what: string, revision: number): void {
    this.#requests.request(id, what, (replica, answered) => {
      replica.propose(encodeCommand({ type: "compact", revision }), (error, result) => {
        answered();
        if (error !== undefined || !result.ok) return;
        this.#cluster.member(id).state?.whenCompacted(revision, () => {});
        replica.requestCheckpoint();
      });
    });
  }

  #read(id: MemberId, revision: number): void {
    this.#withStore(id, (store) => {
      const at = { revision: store.revision, compactedRevision: store.compactedRevision };
      store.range(everythingAt(revision), (error, read) => {
        // One that had to wait for another state is answered from that.
        const isFromHere = read.revision === at.revision && store.compactedRevision === at.compactedRevision;
        if (error === undefined && isFromHere) this.#book.read(id, at, revision, read);
      });
    });
  }

  #withStore(id: MemberId, look: (store: KeyValueStore) => void): void {
    const { state, replica } = this.#cluster.member(id);
    if (state !== undefined && replica !== undefined) look(state);
  }
}

const bytesOf = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

function putOf(key: string, value: string): PlainCommand {
  const options = { lease: 0n, previous: false, ignoreValue: false, ignoreLease: false };
  return { type: "put", key: bytesOf(key), value: bytesOf(value), ...options };
}

function everythingAt(revision: number): RangeOperation {
  return {
    type: "range",
    range: { key: Uint8Array.of(0), end: Uint8Array.of(0) },
    limit: 0,
    revision,
    sortOrder: "none",
    sortTarget: "key",
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
  };
}
