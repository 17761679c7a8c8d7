import { writeU32 } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import type { SimulatedClients } from "../simulation.ts";
import type { LoadPlan } from "../swarm.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";
import type { ReplicaMember } from "./replica-member.ts";

/** Clients of production members: they remember what they were told, and hold the cluster to it. */
export class ReplicaClients implements SimulatedClients {
  readonly #cluster: ReplicaCluster;
  readonly #plan: LoadPlan;
  readonly #random: RandomStream;
  readonly #acknowledged = new Set<number>();
  readonly #refused = new Set<number>();
  #stopped = false;
  #commands = 0;
  #reads = 0;

  constructor(cluster: ReplicaCluster, plan: LoadPlan) {
    this.#cluster = cluster;
    this.#plan = plan;
    this.#random = cluster.world.streams.stream("clients");
  }

  begin(): void {
    this.#repeat(this.#plan.proposeEveryMs, () => this.propose(this.#someMember()));
    this.#repeat(this.#plan.readEveryMs, () => this.#read(this.#cluster.member(this.#someMember())));
  }

  stop(): void {
    this.#stopped = true;
  }

  propose(id: MemberId): void {
    const member = this.#cluster.member(id);
    const count = this.#random.integer(1, this.#plan.maxBatch);
    for (let command = 0; command < count; command++) {
      const number = ++this.#commands;
      const bytes = new Uint8Array(4 + this.#random.integer(0, this.#plan.maxCommandBytes));
      writeU32(bytes, 0, number);
      this.#request(member, () => {
        member.replica?.propose(bytes, (error, before) => {
          if (error === undefined) this.#acknowledge(member, number, before);
          else if (error.code === "leader-changed" || error.code === "busy" || error.code === "no-leader") {
            this.#refused.add(number);
          }
        });
      });
    }
  }

  /**
   * What must hold in the end: every acknowledged command was applied, exactly once; what was refused for good never was
   * (MISSION: no acknowledged write is ever lost). @throws SafetyViolation
   */
  checkAtTheEnd(): void {
    const { numbers } = (this.#cluster.members[0] as ReplicaMember).tally;
    const applied = new Set(numbers);
    if (applied.size !== numbers.length) throw new SafetyViolation("clients", "a command was applied twice");
    for (const number of this.#acknowledged) {
      if (!applied.has(number)) throw new SafetyViolation("clients", `command ${number} was acknowledged and is lost`);
    }
    for (const number of this.#refused) {
      if (applied.has(number)) throw new SafetyViolation("clients", `command ${number} was refused and yet applied`);
    }
  }

  #acknowledge(member: ReplicaMember, number: number, before: number): void {
    this.#acknowledged.add(number);
    if (member.tally.numbers[before] === number) return;
    throw new SafetyViolation(
      "clients",
      `member ${member.id} answered command ${number} with the result of command ${member.tally.numbers[before]}`,
    );
  }

  #read(member: ReplicaMember): void {
    const { core, replica } = member;
    if (core === undefined || replica === undefined) return;
    const id = ++this.#reads;
    for (const checker of this.#cluster.checkers) checker.readAsked?.(core, id);
    this.#request(member, () => {
      replica.readBarrier((error, index) => {
        if (error !== undefined) {
          this.#cluster.record.marks.reach("read refused");
          return;
        }
        for (const checker of this.#cluster.checkers) checker.readReady?.(core, id, index);
        if (core.status.role !== "leader") this.#cluster.record.marks.reach("read answered by a follower");
      });
    });
  }

  /** A request arrives at the process: not while it stands still, and never when it is gone. */
  #request(member: ReplicaMember, act: () => void): void {
    const { scope } = member;
    if (scope !== undefined) this.#cluster.world.schedule(0, "client", scope, act, undefined);
  }

  #someMember(): MemberId {
    const leader = this.#random.chance(this.#plan.toLeader) ? this.#cluster.leader() : 0;
    return leader === 0 ? this.#random.pick(this.#cluster.ids) : leader;
  }

  #repeat(everyMs: number, act: () => void): void {
    const { world } = this.#cluster;
    const next = (): void => {
      if (this.#stopped) return;
      act();
      world.schedule(this.#random.exponential(everyMs), "client", world.outside, next, undefined);
    };
    world.schedule(this.#random.exponential(everyMs), "client", world.outside, next, undefined);
  }
}
