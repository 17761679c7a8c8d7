import type { Clock } from "@quorate/host";
import type { MemberId, Message } from "@quorate/raft";
import type { Forwarding } from "./forwarding.ts";
import type { InboxHandlers } from "./peer-inbox.ts";
import type { Requests } from "./requests.ts";
import type { StateSide } from "./state-side.ts";

/** Who takes what other members say. */
export interface DispatchParts<Result> {
  readonly clock: Clock;
  readonly raft: (from: MemberId, incarnation: number, message: Message) => void;
  readonly forwarding: Forwarding;
  readonly requests: Requests<Result>;
  readonly state: StateSide<Result>;
  readonly wake: () => void;
}

/** Takes each kind of message to the part of the member that it is for. */
export function dispatch<Result>(parts: DispatchParts<Result>): InboxHandlers {
  const { clock, raft, forwarding, requests, state, wake } = parts;
  const { proposals, administration, questions } = requests;
  const { comparison, transfers } = state;
  return {
    raft,
    forward: (from, incarnation, forward) => {
      if (forwarding.receive(from, incarnation, forward)) wake();
    },
    answer: (from, answer) => proposals.answered(clock.monotonicMs(), from, answer),
    digestQuestion: (from, incarnation, question) => comparison.asked(from, incarnation, question),
    digestReport: (from, incarnation, report) => comparison.reported(from, incarnation, report),
    transfer: (from, incarnation, message) => transfers.received(from, incarnation, message),
    administration: (from, incarnation, question) =>
      administration.received(clock.monotonicMs(), from, incarnation, question),
    administered: (from, answer) => administration.answered(clock.monotonicMs(), from, answer),
    leaderQuestion: (from, question) => questions.received(from, question),
    leaderReply: (from, reply) => questions.replied(from, reply),
  };
}
