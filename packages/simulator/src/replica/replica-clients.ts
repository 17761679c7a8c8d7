import { writeU32 } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { RequestTarget } from "../workload.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";
import type { ReplicaMember } from "./replica-member.ts";

/** Clients of production members: they remember what they were told, and hold the cluster to it. */
export class ReplicaClients implements RequestTarget {
  readonly #cluster: ReplicaCluster;
  readonly #acknowledged = new Set<number>();
  readonly #refused = new Set<number>();

  constructor(cluster: ReplicaCluster) {
    this.#cluster = cluster;
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    const member = this.#cluster.member(id);
    for (const [at, size] of sizes.entries()) {
      const number = first + at;
      const bytes = new Uint8Array(size);
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

  ask(id: MemberId, read: number): void {
    const member = this.#cluster.member(id);
    const { core, replica } = member;
    if (core === undefined || replica === undefined) return;
    for (const checker of this.#cluster.checkers) checker.readAsked?.(core, read);
    this.#request(member, () => {
      replica.readBarrier((error, index) => {
        if (error !== undefined) {
          this.#cluster.record.marks.reach("read refused");
          return;
        }
        for (const checker of this.#cluster.checkers) checker.readReady?.(core, read, index);
        this.#cluster.record.noteRead(core.status.role === "leader");
      });
    });
  }

  /**
   * What must hold in the end: every acknowledged command was applied, exactly once; what was refused for good never was
   * (MISSION: no acknowledged write is ever lost). @throws SafetyViolation
   */
  checkAtTheEnd(): void {
    const someMember = this.#cluster.members.find(({ id }) => this.#cluster.expected.has(id)) as ReplicaMember;
    const { numbers } = someMember.tally;
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

  /** A request arrives at the process: not while it stands still, and never when it is gone. */
  #request(member: ReplicaMember, act: () => void): void {
    const { scope } = member;
    if (scope !== undefined) this.#cluster.world.schedule(0, "client", scope, act, undefined);
  }
}
