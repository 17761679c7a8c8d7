import type { ConfigurationChange, MemberId } from "@quorate/raft";
import type { MembershipOperation } from "@quorate/replica";
import type { RandomStream } from "./random-streams.ts";
import type { LoadPlan } from "./swarm.ts";
import type { World } from "./world.ts";

/** Those who ask members for something, and hold the cluster to the answers. */
export interface RequestTarget {
  /**
   * Proposes commands to a member in one go: the first has the number `first`, the next the number after it, and so on;
   * each has as many bytes as `sizes` says, at least 4. Numbers are unique in a run.
   */
  submit(id: MemberId, first: number, sizes: readonly number[]): void;
  /** Asks a member for a read; `read` is unique in a run. */
  ask(id: MemberId, read: number): void;
  /** The same; a leader may answer by its clock (lease reads). */
  askByClock(id: MemberId, read: number): void;
  /** An operator asks a member to change the configuration, to take a joint one back, or to hand over; 0 for to anybody. */
  changeMembers(id: MemberId, change: ConfigurationChange): void;
  /** The same of whole members, in an operator's words: one joins, leaves, is promoted, others vote. */
  administer(id: MemberId, operation: MembershipOperation): void;
  abandonChange(id: MemberId): void;
  handOver(id: MemberId, to: MemberId): void;
  /** One operation of one client on one register, asked of this member. */
  operate(id: MemberId, call: RegisterCall): void;
  /** One operation of one client on a state machine of a user's own, asked of this member. */
  perform(id: MemberId, call: MachineCall): void;
}

/** Plain data, as JSON can hold it. */
export interface MachineCall {
  readonly process: number;
  /** As the user's workload drew it. */
  readonly operation: unknown;
  /** What this client gave up last is tried again instead, if there is anything. */
  readonly again: boolean;
}

/** Plain data. */
export interface RegisterCall {
  readonly process: number;
  readonly key: number;
  readonly action: "read" | "write" | "cas";
  /** What is written; unique in a run. */
  readonly value: number;
  /** What this client gave up last is tried again instead, if there is anything. */
  readonly again: boolean;
}

/** Clients that do one operation at a time on a few registers. */
export interface RegisterPlan {
  readonly processes: number;
  readonly keys: number;
  readonly everyMs: number;
  /** After which a client takes the outcome for unknown. */
  readonly giveUpMs: number;
  /** How often an operation with an unknown outcome is tried again. */
  readonly again: number;
}

/** What a client of a user's state machine asks for next; `number` is unique in a run, and rises. */
export type DrawOperation = (random: RandomStream, process: number, number: number) => unknown;

/** Requests at random times, to the leader or to just anybody, as a load plan wants them. */
export class Workload {
  readonly #world: World;
  readonly #cluster: { readonly ids: readonly MemberId[]; leader(): MemberId };
  readonly #clients: RequestTarget;
  readonly #random: RandomStream;
  /** Of its own: the same requests are drawn whether some of them are answered by the clock or not. */
  readonly #randomOfReads: RandomStream;
  #stopped = false;
  #commands = 0;
  #reads = 0;
  #values = 0;

  constructor(
    world: World,
    cluster: { readonly ids: readonly MemberId[]; leader(): MemberId },
    clients: RequestTarget,
  ) {
    this.#world = world;
    this.#cluster = cluster;
    this.#clients = clients;
    this.#random = world.streams.stream("clients");
    this.#randomOfReads = world.streams.stream("reads by the clock");
  }

  /** With `draw`, all requests but reads are those of a user's workload, at the pace of `registers`. */
  begin(plan: LoadPlan, registers: RegisterPlan, draw?: DrawOperation): void {
    if (draw !== undefined) {
      this.#repeat(plan.readEveryMs, () => this.#ask(plan));
      this.#repeat(registers.everyMs, () => this.#perform(plan, registers, draw));
      return;
    }
    this.#repeat(plan.proposeEveryMs, () => this.#propose(plan));
    this.#repeat(plan.readEveryMs, () => this.#ask(plan));
    if (registers.processes > 0) this.#repeat(registers.everyMs, () => this.#operate(plan, registers));
  }

  stop(): void {
    this.#stopped = true;
  }

  #ask(plan: LoadPlan): void {
    const byClock = plan.byClock !== undefined && this.#randomOfReads.chance(plan.byClock);
    this.#clients[byClock ? "askByClock" : "ask"](this.#someMember(plan), ++this.#reads);
  }

  #propose(plan: LoadPlan): void {
    const id = this.#someMember(plan);
    const count = this.#random.integer(1, plan.maxBatch);
    const sizes = Array.from({ length: count }, () => 4 + this.#random.integer(0, plan.maxCommandBytes));
    this.#clients.submit(id, this.#commands + 1, sizes);
    this.#commands += count;
  }

  #operate(plan: LoadPlan, { processes, keys, again }: RegisterPlan): void {
    this.#clients.operate(this.#someMember(plan), {
      process: this.#random.integer(1, processes),
      key: this.#random.integer(1, keys),
      action: this.#random.pick(["read", "read", "write", "cas"] as const),
      value: ++this.#values,
      again: this.#random.chance(again),
    });
  }

  #perform(plan: LoadPlan, { processes, again }: RegisterPlan, draw: DrawOperation): void {
    const id = this.#someMember(plan);
    const process = this.#random.integer(1, processes);
    const isRetry = this.#random.chance(again);
    this.#clients.perform(id, { process, operation: draw(this.#random, process, ++this.#values), again: isRetry });
  }

  #someMember(plan: LoadPlan): MemberId {
    const leader = this.#random.chance(plan.toLeader) ? this.#cluster.leader() : 0;
    return leader === 0 ? this.#random.pick(this.#cluster.ids) : leader;
  }

  #repeat(everyMs: number, act: () => void): void {
    const next = (): void => {
      if (this.#stopped) return;
      act();
      this.#world.schedule(this.#random.exponential(everyMs), "client", this.#world.outside, next, undefined);
    };
    this.#world.schedule(this.#random.exponential(everyMs), "client", this.#world.outside, next, undefined);
  }
}
