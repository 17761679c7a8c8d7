import type { ConfigurationChange, MemberId } from "@quorate/raft";
import type { MembershipOperation, Replica } from "@quorate/replica";
import type { Scope } from "../event-queue.ts";
import { SafetyViolation } from "../observation.ts";
import type { ReplicaCluster } from "./replica-cluster.ts";
import { requestTimeouts } from "./replica-member-options.ts";
import type { ReplicaMember } from "./replica-member.ts";

/** Requests that must be answered, once, whatever they are about. */
export class MemberRequests<State, Result> {
  readonly #cluster: ReplicaCluster<State, Result>;
  readonly #electionTimeoutMs: number;
  #operations = 0;
  /** Requests that members have taken and not answered. */
  readonly #open = new Map<string, { readonly member: ReplicaMember<State, Result>; readonly scope: Scope }>();

  constructor(cluster: ReplicaCluster<State, Result>, electionTimeoutMs: number) {
    this.#cluster = cluster;
    this.#electionTimeoutMs = electionTimeoutMs;
  }

  /** A request arrives at the process: not while it stands still, and never when it is gone. `what` is unique in a run. */
  request(id: MemberId, what: string, act: (replica: Replica<Result>, answered: () => void) => void): void {
    const member = this.#cluster.member(id);
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

  /** A linearizable read, whose answer the checkers look at; `read` is unique in a run. */
  ask(id: MemberId, read: number): void {
    const { core, replica } = this.#cluster.member(id);
    if (core === undefined || replica === undefined) return;
    for (const checker of this.#cluster.checkers) checker.readAsked?.(core, read);
    this.request(id, `read ${read}`, (asked, answered) => {
      asked.readBarrier((error, index) => {
        answered();
        if (error !== undefined) {
          for (const checker of this.#cluster.checkers) checker.readRefused?.(core, read);
          this.#cluster.record.marks.reach("read refused");
          return;
        }
        for (const checker of this.#cluster.checkers) checker.readReady?.(core, read, index);
        this.#cluster.record.noteRead(core.status.role === "leader");
      });
    });
  }

  /** Who the members are, whole members are asked by operations: of a change only the timing is asked for. */
  change(id: MemberId, { timing }: ConfigurationChange): void {
    if (timing !== undefined) this.administer(id, { kind: "timing", timing });
  }

  administer(id: MemberId, operation: MembershipOperation): void {
    this.request(id, `operation ${++this.#operations}`, (replica, answered) => {
      replica.administer(operation, () => answered());
    });
  }

  /** Every request gets a definite answer while its process lives (testing-anchors §1.4, invariant 17). @throws SafetyViolation */
  expectAnswers(): void {
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
