import { writeU32 } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import type { Replica } from "@quorate/replica";
import type { Scope } from "../event-queue.ts";
import { SafetyViolation } from "../observation.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { RegisterCall, RequestTarget } from "../workload.ts";
import { RegisterClients } from "./register-clients.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";
import { requestTimeouts } from "./replica-member.ts";
import type { ReplicaMember } from "./replica-member.ts";

/** Clients of production members: they remember what they were told, and hold the cluster to it. */
export class ReplicaClients implements RequestTarget {
  readonly #cluster: ReplicaCluster;
  readonly #acknowledged = new Set<number>();
  readonly #refused = new Set<number>();

  readonly #registers: RegisterClients;
  readonly #electionTimeoutMs: number;
  /** Requests that members have taken and not answered. */
  readonly #open = new Map<string, { readonly member: ReplicaMember; readonly scope: Scope }>();

  constructor(cluster: ReplicaCluster, { registers, timing }: SwarmOptions) {
    this.#cluster = cluster;
    this.#registers = new RegisterClients(cluster, registers);
    this.#electionTimeoutMs = timing.electionTimeoutMs;
  }

  operate(id: MemberId, call: RegisterCall): void {
    this.#registers.operate(id, call);
  }

  /** @throws SafetyViolation when what the clients of registers saw is not linearizable. */
  checkHistories(): void {
    this.#registers.check();
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    const member = this.#cluster.member(id);
    for (const [at, size] of sizes.entries()) {
      const number = first + at;
      const bytes = new Uint8Array(size);
      writeU32(bytes, 0, number);
      this.#request(member, `command ${number}`, (replica, answered) => {
        replica.propose(bytes, (error, before) => {
          answered();
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
    this.#request(member, `read ${read}`, (_, answered) => {
      replica.readBarrier((error, index) => {
        answered();
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
    this.#expectAnswers();
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
  #request(member: ReplicaMember, what: string, act: (replica: Replica<number>, answered: () => void) => void): void {
    const { scope } = member;
    if (scope === undefined) return;
    const answered = (): void => {
      if (!this.#open.delete(what)) throw new SafetyViolation("definite answers", `${what} was answered twice`);
    };
    const arrive = (): void => {
      const { replica } = member;
      if (replica === undefined) return;
      this.#open.set(what, { member, scope });
      act(replica, answered);
    };
    this.#cluster.world.schedule(0, "client", scope, arrive, undefined);
  }

  /** Every request gets a definite answer while its process lives (testing-anchors §1.4, invariant 17). */
  #expectAnswers(): void {
    const { world, expected } = this.#cluster;
    const unanswered = (): string | undefined => {
      for (const [what, { member, scope }] of this.#open) {
        if (scope === member.scope && expected.has(member.id)) return `${what} to member ${member.id}`;
      }
      return undefined;
    };
    const limitMs = (requestTimeouts + 1) * this.#electionTimeoutMs;
    if (world.runUntil(() => unanswered() === undefined, limitMs)) return;
    throw new SafetyViolation("definite answers", `${unanswered()} was never answered`);
  }
}
