import { entryKinds, type Entry } from "@quorate/raft";
import type { Checker, Observed } from "@quorate/simulator";
import type { RecordedCluster } from "./recorded-cluster.ts";
import type { ClientOperation } from "./tape.ts";

type Writable = { -readonly [Key in keyof ClientOperation]: ClientOperation[Key] };

/** A read that a member may answer as soon as its log has what the answer is as of. */
interface Waiting {
  readonly operation: Writable;
  readonly incarnation: number;
  readonly index: number;
}

/**
 * What clients call and are answered, with values: the commands are writes of one register, numbered as they are taken,
 * and a read finds the newest of them that the state as of its entry holds. A command's client is answered when the member
 * that took it applies it, in the same life.
 */
export class ClientRecording {
  readonly operations: Writable[] = [];
  readonly #cluster: RecordedCluster;
  readonly #now: () => { readonly micros: number; readonly event: number };
  /** Writes by the entry that they became. */
  readonly #writes = new Map<string, Writable>();
  /** Those that their member has neither applied nor dropped. */
  readonly #open = new Map<string, Writable>();
  readonly #reads = new Map<string, Writable>();
  #waiting: Waiting[] = [];

  constructor(cluster: RecordedCluster, now: () => { readonly micros: number; readonly event: number }) {
    this.#cluster = cluster;
    this.#now = now;
  }

  readonly checker: Checker = {
    name: "clients",
    appended: (member, entry) => this.#taken(member, entry),
    truncated: (member, from) => this.#dropped(member, from),
    applied: (member, entry) => this.#applied(member, entry),
    readAsked: (member, id) => {
      const needed = this.#cluster.record.committed.lastIndex;
      this.#reads.set(`${member.id}.${member.incarnation}.${id}`, this.#call("read", member.id, { needed }));
    },
    readReady: (member, id, index) => {
      const operation = this.#reads.get(`${member.id}.${member.incarnation}.${id}`);
      if (operation === undefined) return;
      operation.index = index;
      this.#waiting.push({ operation, incarnation: member.incarnation, index });
      this.#serve(member);
    },
    readRefused: (member, id) => {
      const operation = this.#reads.get(`${member.id}.${member.incarnation}.${id}`);
      if (operation !== undefined) this.#end(operation, "refused");
    },
  };

  /** Only who leads takes a command; whoever else appends it was sent it. */
  #taken(member: Observed, { index, term, kind }: Entry): void {
    const { status } = this.#cluster.members.find(({ id }) => id === member.id) ?? {};
    if (kind !== entryKinds.command || status?.role !== "leader" || status.term !== term) return;
    const key = keyAt(member, index);
    if (this.#writes.has(key)) return;
    const write = this.#call("write", member.id, { index, term, value: this.#writes.size + 1 });
    this.#writes.set(key, write);
    this.#open.set(`${member.id}.${member.incarnation}.${key}`, write);
  }

  /** It led no more, and another leader's entries stand there now: its client cannot know what became of the command. */
  #dropped(member: Observed, from: number): void {
    const { lastIndex } = member.log;
    for (let index = from; index <= lastIndex; index++) {
      const key = `${member.id}.${member.incarnation}.${keyAt(member, index)}`;
      const write = this.#open.get(key);
      if (write !== undefined) this.#end(write, "lost");
      this.#open.delete(key);
    }
  }

  #applied(member: Observed, { index }: Entry): void {
    const key = `${member.id}.${member.incarnation}.${keyAt(member, index)}`;
    const write = this.#open.get(key);
    if (write !== undefined) this.#end(write, "answered");
    this.#open.delete(key);
    this.#serve(member);
  }

  /** Answers the reads whose entries are here. */
  #serve(member: Observed): void {
    if (this.#waiting.length === 0) return;
    this.#waiting = this.#waiting.filter(({ operation, incarnation, index }) => {
      if (operation.member !== member.id) return true;
      if (incarnation !== member.incarnation) return false;
      if (member.log.lastIndex < index) return true;
      operation.value = this.#newest(member, index);
      this.#end(operation, "answered");
      return false;
    });
  }

  /** The newest write at or before this entry; 0 for none. Between two writes are but a few entries of leaders' own. */
  #newest(member: Observed, from: number): number {
    for (let index = from; index > 0; index--) {
      const write = this.#writes.get(keyAt(member, index));
      if (write !== undefined) return write.value ?? 0;
    }
    return 0;
  }

  #call(
    kind: ClientOperation["kind"],
    member: number,
    about: Partial<Pick<ClientOperation, "index" | "term" | "needed" | "value">>,
  ): Writable {
    const { micros, event } = this.#now();
    const operation: Writable = {
      kind,
      member,
      askedAt: micros,
      askedIn: event,
      endedAt: undefined,
      endedIn: undefined,
      outcome: undefined,
      index: undefined,
      term: undefined,
      needed: 0,
      value: undefined,
      ...about,
    };
    this.operations.push(operation);
    return operation;
  }

  #end(operation: Writable, outcome: Exclude<ClientOperation["outcome"], undefined>): void {
    const { micros, event } = this.#now();
    operation.endedAt = micros;
    operation.endedIn = event;
    operation.outcome = outcome;
  }
}

/** Of two leaders of one term, entries of the same place may differ: the checksum tells them apart. */
function keyAt({ log }: Observed, index: number): string {
  return `${index}.${log.termAt(index)}.${log.checksumAt(index)}`;
}
