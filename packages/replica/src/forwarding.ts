import type { MemberId, RaftCore, TimeMs } from "@quorate/raft";
import { encodeForwardAnswer, type Forward, type ForwardAnswer } from "./forwarding-codec.ts";

/** What a leader's side of forwarding needs from the rest of the member. */
export interface ForwardingParts {
  readonly core: RaftCore;
  /** This member's own. */
  readonly incarnation: number;
  readonly send: (to: MemberId, chunks: readonly Uint8Array[]) => void;
}

interface Arrived {
  readonly from: MemberId;
  readonly forward: Forward;
}

/**
 * Proposals that other members pass on to this one, which they take for the leader. Each is appended at most once: copies
 * and messages to another incarnation are dropped, and the sender, which never sends twice, then counts its outcome as
 * unknown.
 */
export class Forwarding {
  readonly #parts: ForwardingParts;
  /** The newest forward taken from each member, by which copies are known. */
  readonly #newest = new Map<MemberId, { incarnation: number; id: number }>();
  #arrived: Arrived[] = [];

  constructor(parts: ForwardingParts) {
    this.#parts = parts;
  }

  /** A forward came in; it is proposed at the end of this turn. Returns false for one that must be dropped. */
  receive(from: MemberId, incarnation: number, forward: Forward): boolean {
    if (forward.incarnation !== this.#parts.incarnation) return false;
    const newest = this.#newest.get(from);
    if (newest !== undefined) {
      if (incarnation < newest.incarnation) return false;
      if (incarnation === newest.incarnation && forward.id <= newest.id) return false;
    }
    this.#newest.set(from, { incarnation, id: forward.id });
    this.#arrived.push({ from, forward });
    return true;
  }

  /**
   * At the end of a turn: proposes what came in and answers where it stands. The answer goes out before the entries do,
   * on the same lane, so that the asker knows its place in the log before it can apply it.
   */
  flush(now: TimeMs): void {
    if (this.#arrived.length === 0) return;
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const { from, forward } of arrived) {
      this.#parts.send(from, encodeForwardAnswer(this.#propose(now, from, forward)));
    }
  }

  #propose(now: TimeMs, from: MemberId, { id, commands }: Forward): ForwardAnswer {
    const answer = this.#parts.core.propose(now, commands, from);
    if (!answer.ok) {
      // A member that hands its leadership over takes nothing, as one that does not lead: the asker holds it and asks again.
      const { reason } = answer.refusal;
      return { id, outcome: reason === "transferring" ? "not-leader" : reason, firstIndex: 0, term: 0 };
    }
    return { id, outcome: "placed", firstIndex: answer.firstIndex, term: answer.term };
  }
}
