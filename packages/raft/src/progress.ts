import type { StateReason } from "./effects.ts";
import { invariant } from "./invariant.ts";
import type { LogIndex, TimeMs } from "./types.ts";

/** A state that a follower is to be sent. */
export interface StateWant {
  readonly reason: StateReason;
  /** Whether somebody is at it. */
  isAsked: boolean;
  /** When to ask (again), in monotonic ms; and how often it came to nothing so far. */
  retryAt: TimeMs;
  failures: number;
}

/**
 * What a leader knows about one follower (Raft Figure 2: nextIndex and matchIndex), and how it sends to it:
 * - probing: where the logs meet is not known, or the follower takes no more; one append at a time, then wait. What it
 *   carries depends on what was heard: nothing while the last question has no answer, one entry while there is no room;
 * - replicating: they meet at `match`; appends are pipelined, bounded by count and by bytes;
 * - snapshot: it is to be sent the state, since the log no longer holds what it needs, or would cost more. No appends.
 *
 * Invariant: match < next (pitfall B28).
 */
export class Progress {
  state: "probing" | "replicating" | "snapshot" = "probing";
  /** The highest index known to equal ours and to be durable there. */
  match: LogIndex = 0;
  /** The next index to send. */
  next: LogIndex;
  /** While probing: an append is out, and until when not to send another (monotonic ms). */
  pausedUntil: TimeMs = Number.NEGATIVE_INFINITY;
  /** While probing: where the append that is out ends; Infinity while none is. */
  probeEnd: LogIndex = Number.POSITIVE_INFINITY;
  /** While probing: what was asked last has no answer, so the follower may be down, cut off, or stuck at its disk. */
  isUnanswered = false;
  /** While probing: it took less than the last append held. */
  isWithoutRoom = false;
  /** When this follower was last heard, in our term. */
  heardAt: TimeMs;
  /** When `match` last rose or the pipeline was last empty: from here on silence counts as loss. */
  progressAt: TimeMs;
  /** The commit index in the last append that was sent. */
  sentCommit: LogIndex = 0;
  /** It waits until it knows that this index is committed: somebody there asked for it. */
  commitAwaited: LogIndex = 0;
  /** The newest heartbeat round that it answered, and when that round was *sent*: so long it has followed us for sure. */
  ackedRound = 0;
  followedAt: TimeMs = Number.NEGATIVE_INFINITY;
  /** Entries from `next` on are being read from the durable log. */
  loading: LogIndex | undefined;
  /** While in `snapshot`: the state that it is to be sent. */
  want: StateWant | undefined;
  /** It was sent the state, and has not caught up since: another one would be as of the same place, or not much later. */
  hasNewState = false;
  readonly #inflight: { readonly last: LogIndex; readonly bytes: number }[] = [];
  #inflightBytes = 0;

  constructor(next: LogIndex, now: TimeMs) {
    this.next = next;
    this.heardAt = now;
    this.progressAt = now;
  }

  get inflightAppends(): number {
    return this.#inflight.length;
  }

  get inflightBytes(): number {
    return this.#inflightBytes;
  }

  /** Where the logs meet is no longer known beyond `match`: ask from `next` on. */
  becomeProbing(next: LogIndex): void {
    invariant(next > this.match, "a probe starts after what is known to match", { next, match: this.match });
    this.state = "probing";
    this.want = undefined;
    this.next = next;
    this.pausedUntil = Number.NEGATIVE_INFINITY;
    this.probeEnd = Number.POSITIVE_INFINITY;
    this.isUnanswered = false;
    this.isWithoutRoom = false;
    this.loading = undefined;
    this.#inflight.length = 0;
    this.#inflightBytes = 0;
  }

  /**
   * What was in flight may be lost, or waits for the follower's disk: ask whether it has all of it. The answer says how
   * far its log reaches, and only what it lacks is sent again.
   */
  becomeUnanswered(): void {
    if (this.state === "replicating") this.becomeProbing(this.next);
    this.isUnanswered = true;
  }

  /** The last question can no longer be asked: ask from `next` on instead, whether or not it had an answer. */
  ask(next: LogIndex): void {
    this.next = next;
    this.probeEnd = Number.POSITIVE_INFINITY;
    this.pausedUntil = Number.NEGATIVE_INFINITY;
  }

  /** A probe that ends at `end` was sent. */
  probed(end: LogIndex): void {
    this.probeEnd = end;
    this.isUnanswered = true;
  }

  /** The probe was taken up to `match`: from there on stream, or ask again later for one that has no room. */
  probeTaken(match: LogIndex, now: TimeMs): void {
    this.isUnanswered = false;
    if (match < this.probeEnd) {
      this.isWithoutRoom = true;
    } else if (this.isWithoutRoom) {
      // One entry fits again: see whether a whole append does, before a window of them is sent.
      this.isWithoutRoom = false;
      this.pausedUntil = Number.NEGATIVE_INFINITY;
    } else {
      this.becomeReplicating(now);
    }
  }

  becomeReplicating(now: TimeMs): void {
    this.state = "replicating";
    this.want = undefined;
    this.next = this.match + 1;
    this.progressAt = now;
    this.loading = undefined;
  }

  /** The log does not help this follower any further: it waits for the state. What is in flight may still arrive. */
  becomeSnapshot(reason: StateReason, now: TimeMs): void {
    this.becomeProbing(this.next);
    this.state = "snapshot";
    this.want = { reason, isAsked: false, retryAt: now, failures: 0 };
  }

  /** An append that ends at `last` was sent. */
  sent(last: LogIndex, bytes: number, now: TimeMs): void {
    if (this.#inflight.length === 0) this.progressAt = now;
    this.next = last + 1;
    this.#inflight.push({ last, bytes });
    this.#inflightBytes += bytes;
  }

  /** Everything up to `match` arrived. */
  acknowledged(match: LogIndex, now: TimeMs): void {
    if (match > this.match) this.progressAt = now;
    this.match = match;
    if (this.next <= match) this.next = match + 1;
    let freed = 0;
    while (freed < this.#inflight.length) {
      const oldest = this.#inflight[freed] as { last: LogIndex; bytes: number };
      if (oldest.last > match) break;
      this.#inflightBytes -= oldest.bytes;
      freed++;
    }
    if (freed > 0) this.#inflight.splice(0, freed);
  }

  /** The follower started anew: what it held before its start is to be proved again (DESIGN §4). */
  forget(next: LogIndex, now: TimeMs): void {
    this.match = 0;
    this.ackedRound = 0;
    this.followedAt = Number.NEGATIVE_INFINITY;
    this.sentCommit = 0;
    this.hasNewState = false;
    this.heardAt = now;
    this.becomeProbing(next);
  }
}
