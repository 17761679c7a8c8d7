import type { LogIndex, MemberId, Message } from "@quorate/raft";
import type { Distortion } from "../core/core-member-options.ts";
import { aroundCore } from "./around.ts";

/**
 * What a member makes of messages, broken in ways that only a directed schedule brings to light (`scenarios/`): random
 * faults hardly ever let the old answer, the new term and the other leader meet.
 */

/** Answers of these types to what was asked in an older term are taken for answers to what is asked now. */
function oldAnswersCount(...types: readonly Message["type"][]): Distortion {
  return (message, { term }) => (types.includes(message.type) && message.term < term ? { ...message, term } : message);
}

export const oldVotesCount = oldAnswersCount("vote-response");
export const oldAcknowledgmentsCount = oldAnswersCount("append-accepted");
export const oldRoundsCount = oldAnswersCount("heartbeat-response");

/** A rejection points at the rejected place, and so says nothing: the leader goes back one by one. */
export const rejectionsPointAtTheirPlace: Distortion = (message, { term }) =>
  message.type === "append-rejected"
    ? { ...message, conflict: { index: message.rejected, term, firstIndex: message.rejected } }
    : message;

/**
 * What its followers were known to hold when it led last counts at once when it leads again: as if each had just acknowledged
 * it in the new term.
 */
export const keepingMatches = aroundCore((core) => {
  const kept = new Map<MemberId, { readonly incarnation: number; readonly match: LogIndex }>();
  return {
    receive: (now, from, incarnation, message) => {
      const led = core.status().role === "leader";
      core.receive(now, from, incarnation, message);
      const { role, term, last, followers } = core.status();
      if (role !== "leader") return;
      if (led) {
        const match = followers.find(({ id }) => id === from)?.match;
        if (match !== undefined) kept.set(from, { incarnation, match });
        return;
      }
      for (const [id, { incarnation: of, match }] of kept) {
        core.receive(now, id, of, { type: "append-accepted", term, match: Math.min(match, last.index) });
      }
    },
  };
});
