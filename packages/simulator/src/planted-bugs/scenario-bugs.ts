import type { Message } from "@quorate/raft";
import type { Distortion } from "../core/core-member.ts";

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
