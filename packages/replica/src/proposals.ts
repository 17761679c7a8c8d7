import { describeMember, firstWireId } from "@quorate/raft";
import { doublingBounds, DurationHistogram, type Clock, type Timers } from "@quorate/host";
import type { Entry, LogIndex, MemberId, RaftCore, Refusal, TimeMs } from "@quorate/raft";
import { ReplicaError } from "./errors.ts";
import type { ForwardAnswer } from "./forwarding-codec.ts";
import type { Outcome } from "./interface.ts";
import type { ReplicaLimits } from "./options.ts";
import { Outcomes } from "./outcomes.ts";
import { ProposalBatch } from "./proposal-batch.ts";

/**
 * A proposal waits three election timeouts for a leader, and no less than this, in ms: when one dies, its followers need up
 * to two of them to notice (timers are drawn from [T, T + W)), and the election comes on top.
 */
const leastHoldMs = 500;

/** What the proposals of a member need from the rest of it. */
export interface ProposalsParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly limits: ReplicaLimits;
  readonly maxCommandBytes: number;
  /** Of this start: forwards of different starts never have the same id, so a late answer cannot name another's. */
  readonly incarnation: number;
  readonly requestTimeoutMs: number;
  readonly electionTimeoutMs: () => number;
  /** How long to wait before a leader that turned a proposal away is asked again, in ms. */
  readonly retryMs: () => number;
  /** Passes a batch on to the leader; false when it certainly did not leave. */
  readonly forward: (leader: MemberId, id: number, commands: readonly Uint8Array[]) => boolean;
  /** What is applied here. */
  readonly appliedIndex: () => LogIndex;
  /** There is something to do at the end of this turn. */
  readonly wake: () => void;
  /** `expire` has something to do at `at`. */
  readonly wakeAt: (at: TimeMs) => void;
}

/**
 * This member's own proposals on their way: gathered in this turn or waiting for a leader; forwarded and not answered;
 * placed in the log and not applied. All of them are told their outcome exactly once, and none is ever sent twice: only
 * what certainly was not appended is handed over again.
 */
export class Proposals<Result> {
  /** From when this member was asked until the command was committed and applied here. */
  readonly durations = new DurationHistogram(doublingBounds(0.125, 16));
  readonly #parts: ProposalsParts;
  readonly #outcomes: Outcomes;
  #gathering: ProposalBatch<Result> | undefined;
  #waiting: ProposalBatch<Result>[] = [];
  readonly #forwarded = new Map<number, ProposalBatch<Result>>();
  readonly #placed: ProposalBatch<Result>[] = [];
  #count = 0;
  #failures = 0;
  #bytes = 0;
  #lastForwardId: number;

  constructor(parts: ProposalsParts) {
    this.#parts = parts;
    this.#outcomes = new Outcomes(parts.timers);
    this.#lastForwardId = firstWireId(parts.incarnation);
  }

  /** Proposals without an outcome. */
  get count(): number {
    return this.#count;
  }

  /** Proposals that failed, or whose outcome is not known, since the start. */
  get failures(): number {
    return this.#failures;
  }

  propose(command: Uint8Array, outcome: Outcome<Result>): void {
    const { limits, maxCommandBytes } = this.#parts;
    const size = command.length;
    if (size === 0 || size > maxCommandBytes) {
      return this.#refuse(
        outcome,
        "too-large",
        `a command has 1 to ${maxCommandBytes} bytes, and this one has ${size}: split it, or raise maxCommandBytes on every member`,
      );
    }
    if (this.#count >= limits.maxProposalsWaiting || this.#bytes + size > limits.maxProposalBytesWaiting) {
      return this.#refuse(outcome, "busy", `${this.#count} proposals wait already: propose again later`);
    }
    const batch = this.#batchFor(size);
    batch.commands.push(command);
    batch.outcomes.push(outcome);
    batch.bytes += size;
    this.#count++;
    this.#bytes += size;
  }

  /** At the end of a turn: hands over everything that waits, to our own core or to the leader. */
  flush(now: TimeMs): void {
    this.#gathering = undefined;
    if (this.#waiting.length === 0) return;
    const batches = this.#waiting;
    this.#waiting = [];
    for (const batch of batches) {
      if (now < batch.retryAt) this.#waiting.push(batch);
      else this.#handOver(now, batch);
    }
  }

  /** Another leader, or another term: what was turned away may be tried at once. */
  leaderChanged(): void {
    for (const batch of this.#waiting) batch.retryAt = Number.NEGATIVE_INFINITY;
    if (this.#waiting.length > 0) this.#parts.wake();
  }

  /** The leader's answer to a forward. */
  answered(now: TimeMs, from: MemberId, answer: ForwardAnswer): void {
    const batch = this.#forwarded.get(answer.id);
    if (batch === undefined || batch.forwardedTo !== from) return;
    this.#forwarded.delete(answer.id);
    batch.forwardedTo = 0;
    if (answer.outcome === "placed") return this.#place(batch, answer.firstIndex, answer.term);
    if (answer.outcome === "not-leader") return this.#hold(now, batch);
    const what = answer.outcome === "busy" ? "has reached a bound: propose again later" : "takes no command that large";
    this.#fail(batch, new ReplicaError(answer.outcome, `the leader, member ${describeMember(from)}, ${what}`));
  }

  /** The connection to `peer` that forwards and answers use is gone: answers that are missing will not come. */
  disconnected(peer: MemberId): void {
    for (const [id, batch] of this.#forwarded) {
      if (batch.forwardedTo !== peer) continue;
      this.#forwarded.delete(id);
      const message = `the connection to the leader, member ${describeMember(peer)}, broke before it answered`;
      this.#fail(batch, new ReplicaError("outcome-unknown", message));
    }
  }

  /** Entries were applied here, `results` beside them; undefined where there is no command. */
  settle(entries: readonly Entry[], results: readonly (Result | undefined)[]): void {
    const placed = this.#placed;
    if (placed.length === 0) return;
    const { clock, requestTimeoutMs } = this.#parts;
    const now = clock.monotonicMs();
    let kept = 0;
    for (const batch of placed) {
      // First settle, then count: an outcome may propose again.
      const settled = batch.settle(entries, results, this.#outcomes);
      this.#count -= settled;
      for (let left = settled; left > 0; left--) this.durations.add(now - (batch.deadline - requestTimeoutMs));
      if (batch.unsettled > 0) placed[kept++] = batch;
    }
    placed.length = kept;
  }

  /** The state was replaced by one as of `index`: what it did with the commands up to there is not known here. */
  installed(index: LogIndex): void {
    let kept = 0;
    for (const batch of this.#placed) {
      const error = new ReplicaError(
        "outcome-unknown",
        `the state as of entry ${index} came as a whole: its results are not known`,
      );
      this.#gaveUp(batch.failUpTo(index, error, this.#outcomes));
      if (batch.unsettled > 0) this.#placed[kept++] = batch;
    }
    this.#placed.length = kept;
  }

  /** Tells everybody who has waited long enough; returns when to come again. */
  expire(now: TimeMs): TimeMs {
    let next = Number.POSITIVE_INFINITY;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const batch of waiting) {
      const until = Math.min(batch.holdUntil, batch.deadline);
      if (now >= until) {
        if (batch === this.#gathering) this.#gathering = undefined;
        this.#fail(
          batch,
          new ReplicaError("no-leader", "no leader is known, or it takes no proposals: try again later"),
        );
        continue;
      }
      this.#waiting.push(batch);
      next = Math.min(next, until, batch.retryAt > now ? batch.retryAt : until);
    }
    if (this.#waiting.length > 0) this.#parts.wake();
    for (const [id, batch] of this.#forwarded) {
      if (now < batch.deadline) {
        next = Math.min(next, batch.deadline);
        continue;
      }
      this.#forwarded.delete(id);
      const message = `the leader, member ${describeMember(batch.forwardedTo)}, did not answer in time`;
      this.#fail(batch, new ReplicaError("outcome-unknown", message));
    }
    let kept = 0;
    for (const batch of this.#placed) {
      if (now >= batch.deadline) {
        const message = `the command is in the log at ${batch.firstIndex} or after it, and was not committed and applied in time`;
        this.#fail(batch, new ReplicaError("timeout", message));
        continue;
      }
      next = Math.min(next, batch.deadline);
      this.#placed[kept++] = batch;
    }
    this.#placed.length = kept;
    return next;
  }

  failAll(error: ReplicaError): void {
    const all = [...this.#waiting, ...this.#forwarded.values(), ...this.#placed];
    this.#gathering = undefined;
    this.#waiting = [];
    this.#forwarded.clear();
    this.#placed.length = 0;
    for (const batch of all) this.#fail(batch, error);
  }

  #batchFor(size: number): ProposalBatch<Result> {
    const { limits, clock, requestTimeoutMs, electionTimeoutMs, wake, wakeAt } = this.#parts;
    const open = this.#gathering;
    if (
      open !== undefined &&
      open.outcomes.length < limits.maxBatchCommands &&
      open.bytes + size <= limits.maxBatchBytes
    ) {
      return open;
    }
    const now = clock.monotonicMs();
    const holdMs = Math.max(leastHoldMs, 3 * electionTimeoutMs());
    const batch = new ProposalBatch<Result>(now + requestTimeoutMs, now + holdMs);
    this.#gathering = batch;
    this.#waiting.push(batch);
    wake();
    wakeAt(batch.deadline);
    return batch;
  }

  #handOver(now: TimeMs, batch: ProposalBatch<Result>): void {
    const answer = this.#parts.core.propose(now, batch.commands);
    if (answer.ok) return this.#place(batch, answer.firstIndex, answer.term);
    const { refusal } = answer;
    // The leadership is on its way to another member, for T at most: held like any proposal without a leader.
    if (refusal.reason === "transferring") return this.#hold(now, batch);
    if (refusal.reason !== "not-leader") return this.#fail(batch, refusalError(refusal));
    if (refusal.leader === 0) return this.#hold(now, batch);
    const id = ++this.#lastForwardId;
    if (!this.#parts.forward(refusal.leader, id, batch.commands)) {
      return this.#hold(now, batch);
    }
    batch.forwardedTo = refusal.leader;
    this.#forwarded.set(id, batch);
  }

  #hold(now: TimeMs, batch: ProposalBatch<Result>): void {
    batch.retryAt = now + this.#parts.retryMs();
    this.#waiting.push(batch);
    this.#parts.wakeAt(Math.min(batch.holdUntil, batch.deadline, batch.retryAt));
  }

  /** What is applied here already is decided, but its result is gone: an answer that was overtaken, on a new connection. */
  #place(batch: ProposalBatch<Result>, firstIndex: LogIndex, term: number): void {
    this.#bytes -= batch.bytes;
    batch.bytes = 0;
    batch.place(firstIndex, term);
    const message = "the answer came after the entry was applied here: its result is not known";
    const overtaken = new ReplicaError("outcome-unknown", message);
    this.#gaveUp(batch.failUpTo(this.#parts.appliedIndex(), overtaken, this.#outcomes));
    if (batch.unsettled > 0) this.#placed.push(batch);
  }

  #fail(batch: ProposalBatch<Result>, error: ReplicaError): void {
    this.#bytes -= batch.bytes;
    batch.bytes = 0;
    this.#gaveUp(batch.failRest(error, this.#outcomes));
  }

  #gaveUp(proposals: number): void {
    this.#count -= proposals;
    this.#failures += proposals;
  }

  /** Never from inside the call that asked. */
  #refuse(outcome: Outcome<Result>, code: "busy" | "too-large", message: string): void {
    this.#failures++;
    this.#parts.timers.endOfTurn(() => this.#outcomes.fail(outcome, new ReplicaError(code, message)));
  }
}

function refusalError(refusal: Exclude<Refusal, { reason: "not-leader" | "transferring" }>): ReplicaError {
  if (refusal.reason === "busy") {
    return new ReplicaError("busy", `a bound is reached (${refusal.bound}): propose again later`);
  }
  return new ReplicaError("too-large", `a command has at most ${refusal.limitBytes} bytes`);
}
