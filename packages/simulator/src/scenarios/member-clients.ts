import type { MemberId } from "@quorate/raft";
import type { Replica } from "@quorate/replica";
import { aroundReplica } from "../planted-bugs/around.ts";
import type { ReplicaClients } from "../replica/replica-clients.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { RandomStream } from "../random-streams.ts";
import { sampleTimeouts } from "./outcome-meter.ts";

/** Of each member, one client reads a register and another one writes it: one operation at a time each. */
const registers = 2;
const writers = 100;

/** What the clients of one member got, and the longest they went without. */
interface Answers {
  count: number;
  seen: number;
  waiting: number;
  longest: number;
}

/** The clients of whole members: each member has some of its own, who ask nobody else, all the time. */
export class MemberClients {
  readonly #cluster: ReplicaCluster;
  readonly #clients: ReplicaClients;
  readonly #electionTimeoutMs: number;
  readonly #writes: ReadonlyMap<MemberId, Answers>;
  readonly #reads: ReadonlyMap<MemberId, Answers>;
  readonly #random: RandomStream;
  #asked = 0;
  #stopped = false;

  constructor(cluster: ReplicaCluster, clients: ReplicaClients, electionTimeoutMs: number, seen: SeenAnswers) {
    this.#cluster = cluster;
    this.#clients = clients;
    this.#electionTimeoutMs = electionTimeoutMs;
    this.#random = cluster.world.streams.stream("register clients");
    this.#writes = seen.writes;
    this.#reads = seen.reads;
  }

  begin(): void {
    for (const answers of [...this.#writes.values(), ...this.#reads.values()]) answers.seen = answers.count;
    this.#ask();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** In election timeouts. */
  longestWrite(id: MemberId): number {
    return longest(this.#writes.get(id));
  }

  longestRead(id: MemberId): number {
    return longest(this.#reads.get(id));
  }

  #ask(): void {
    if (this.#stopped) return;
    const { ids, world } = this.#cluster;
    const random = this.#random;
    for (const answers of [...this.#writes.values(), ...this.#reads.values()]) look(answers);
    for (const id of ids) {
      this.#asked++;
      this.#clients.submit(id, this.#asked, [40]);
      this.#clients.ask(id, this.#asked);
      const call = { key: random.integer(1, registers), value: this.#asked, again: true };
      this.#clients.operate(id, { ...call, process: id, action: "read" });
      this.#clients.operate(id, { ...call, process: writers + id, action: random.pick(["write", "cas"] as const) });
    }
    const delayMs = sampleTimeouts * this.#electionTimeoutMs;
    world.schedule(delayMs, "client", world.outside, () => this.#ask(), undefined);
  }
}

/** Counts the answers that members give, seen between each member and its clients. */
export class SeenAnswers {
  readonly writes = new Map<MemberId, Answers>();
  readonly reads = new Map<MemberId, Answers>();

  constructor(ids: readonly MemberId[]) {
    for (const id of ids) {
      this.writes.set(id, { count: 0, seen: 0, waiting: 0, longest: 0 });
      this.reads.set(id, { count: 0, seen: 0, waiting: 0, longest: 0 });
    }
  }

  /** All commands acknowledged by anybody. */
  get acknowledged(): number {
    let sum = 0;
    for (const { count } of this.writes.values()) sum += count;
    return sum;
  }

  /** The member as its clients meet it. */
  watch(replica: Replica<number>): Replica<number> {
    const { memberId } = replica.status;
    const answered = (answers: Answers | undefined, error: unknown): void => {
      if (answers !== undefined && error === undefined) answers.count++;
    };
    return aroundReplica((sound) => ({
      propose: (command, outcome) =>
        sound.propose(command, (error, result) => {
          answered(this.writes.get(memberId), error);
          outcome(error, result);
        }),
      readBarrier: (outcome) =>
        sound.readBarrier((error, index) => {
          answered(this.reads.get(memberId), error);
          outcome(error, index);
        }),
    }))(replica);
  }
}

function look(answers: Answers): void {
  if (answers.count > answers.seen) {
    answers.waiting = 0;
  } else {
    answers.waiting++;
    // The first look is at what was asked just now.
    answers.longest = Math.max(answers.longest, answers.waiting - 1);
  }
  answers.seen = answers.count;
}

function longest(answers: Answers | undefined): number {
  return Math.round((answers?.longest ?? 0) * sampleTimeouts * 10) / 10;
}
