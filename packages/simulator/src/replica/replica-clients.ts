import { writeU32 } from "@quorate/raft";
import type { ConfigurationChange, MemberId } from "@quorate/raft";
import type { MembershipOperation } from "@quorate/replica";
import { SafetyViolation } from "../observation.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { RegisterCall, RequestTarget } from "../workload.ts";
import { MemberRequests } from "./member-requests.ts";
import { provesNothingHappened } from "./operation-clients.ts";
import { RegisterClients } from "./register-clients.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";
import type { Tally } from "./tally.ts";

/** Clients of production members: they remember what they were told, and hold the cluster to it. */
export class ReplicaClients implements RequestTarget {
  readonly #cluster: ReplicaCluster;
  readonly #acknowledged = new Set<number>();
  readonly #refused = new Set<number>();
  readonly #registers: RegisterClients;
  readonly #requests: MemberRequests<Tally, number>;

  constructor(cluster: ReplicaCluster, { registers, timing }: SwarmOptions) {
    this.#cluster = cluster;
    this.#registers = new RegisterClients(cluster, registers);
    this.#requests = new MemberRequests(cluster, timing.electionTimeoutMs);
  }

  operate(id: MemberId, call: RegisterCall): void {
    this.#registers.operate(id, call);
  }

  /** Nobody has a state machine of his own here. */
  perform(): void {}

  /** @throws SafetyViolation when what the clients of registers saw is not linearizable. */
  checkHistories(): void {
    this.#registers.check();
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    for (const [at, size] of sizes.entries()) {
      const number = first + at;
      const bytes = new Uint8Array(size);
      writeU32(bytes, 0, number);
      this.#requests.request(id, `command ${number}`, (replica, answered) => {
        replica.propose(bytes, (error, before) => {
          answered();
          if (error === undefined) this.#acknowledge(id, number, before);
          else if (provesNothingHappened(error)) this.#refused.add(number);
        });
      });
    }
  }

  /** Whole members are opened to read in one way or the other (`SwarmOptions.load`). */
  askByClock(id: MemberId, read: number): void {
    this.ask(id, read);
  }

  changeMembers(id: MemberId, change: ConfigurationChange): void {
    this.#requests.change(id, change);
  }

  administer(id: MemberId, operation: MembershipOperation): void {
    this.#requests.administer(id, operation);
  }

  abandonChange(id: MemberId): void {
    this.#requests.administer(id, { kind: "abandon" });
  }

  handOver(id: MemberId, to: MemberId): void {
    this.#requests.administer(id, { kind: "transfer", to: to === 0 ? undefined : to });
  }

  ask(id: MemberId, read: number): void {
    this.#requests.ask(id, read);
  }

  /**
   * What must hold in the end: every acknowledged command was applied, exactly once; what was refused for good never was
   * (MISSION: no acknowledged write is ever lost). @throws SafetyViolation
   */
  checkAtTheEnd(): void {
    this.#requests.expectAnswers();
    const { numbers } = this.#tally(this.#cluster.leader());
    const applied = new Set(numbers);
    if (applied.size !== numbers.length) throw new SafetyViolation("clients", "a command was applied twice");
    for (const number of this.#acknowledged) {
      if (!applied.has(number)) throw new SafetyViolation("clients", `command ${number} was acknowledged and is lost`);
    }
    for (const number of this.#refused) {
      if (applied.has(number)) throw new SafetyViolation("clients", `command ${number} was refused and yet applied`);
    }
  }

  #acknowledge(id: MemberId, number: number, before: number): void {
    this.#acknowledged.add(number);
    const applied = this.#tally(id).numbers[before];
    if (applied === number) return;
    throw new SafetyViolation(
      "clients",
      `member ${id} answered command ${number} with the result of command ${applied}`,
    );
  }

  /** Of a member that has been open. */
  #tally(id: MemberId): Tally {
    return this.#cluster.member(id).state as Tally;
  }
}
