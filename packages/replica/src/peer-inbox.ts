import type { Clock, Logger } from "@quorate/host";
import {
  CorruptFrameError,
  decodeMessage,
  MalformedMessageError,
  type MemberId,
  type Message,
  describeMember,
} from "@quorate/raft";
import { decodeDigestQuestion, decodeDigestReport, type DigestQuestion, type DigestReport } from "./digest-codec.ts";
import {
  decodeForward,
  decodeForwardAnswer,
  messageKinds,
  type Forward,
  type ForwardAnswer,
} from "./forwarding-codec.ts";
import {
  decodeLeaderQuestion,
  decodeLeaderReply,
  type LeaderQuestion,
  type LeaderReply,
} from "./leader-question-codec.ts";
import {
  decodeAnswer,
  decodeQuestion,
  type AdministrationAnswer,
  type AdministrationQuestion,
} from "./membership/administration-codec.ts";
import { decodeTransfer, type TransferMessage } from "./transfer/transfer-codec.ts";

/** Where messages from other members go, once they are read. */
export interface InboxHandlers {
  raft(from: MemberId, incarnation: number, message: Message): void;
  forward(from: MemberId, incarnation: number, forward: Forward): void;
  answer(from: MemberId, answer: ForwardAnswer): void;
  digestQuestion(from: MemberId, incarnation: number, question: DigestQuestion): void;
  digestReport(from: MemberId, incarnation: number, report: DigestReport): void;
  transfer(from: MemberId, incarnation: number, message: TransferMessage): void;
  administration(from: MemberId, incarnation: number, question: AdministrationQuestion): void;
  administered(from: MemberId, answer: AdministrationAnswer): void;
  leaderQuestion(from: MemberId, question: LeaderQuestion): void;
  leaderReply(from: MemberId, reply: LeaderReply): void;
}

/** How often garbage from peers is reported, in ms. */
const reportIntervalMs = 1000;

/**
 * Reads what other members send. Garbage is dropped and reported, and stops nobody. A message that can be read goes to the
 * core, which does stop the member when it proves what Raft excludes, such as two leaders in one term.
 */
export class PeerInbox {
  readonly #handlers: InboxHandlers;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #dropped = 0;
  #reportedAt = Number.NEGATIVE_INFINITY;

  constructor(handlers: InboxHandlers, clock: Clock, logger: Logger) {
    this.#handlers = handlers;
    this.#clock = clock;
    this.#logger = logger;
  }

  receive(from: MemberId, incarnation: number, bytes: Uint8Array): void {
    const kind: number = bytes[0] ?? -1;
    switch (kind) {
      case messageKinds.raft: {
        const message = this.#readMessage(from, bytes);
        if (message !== undefined) this.#handlers.raft(from, incarnation, message);
        return;
      }
      case messageKinds.forward: {
        const forward = decodeForward(bytes);
        if (forward === undefined) return this.#drop(from, "a forward that cannot be read");
        return this.#handlers.forward(from, incarnation, forward);
      }
      case messageKinds.answer: {
        const answer = decodeForwardAnswer(bytes);
        if (answer === undefined) return this.#drop(from, "an answer to a forward that cannot be read");
        return this.#handlers.answer(from, answer);
      }
      case messageKinds.digestQuestion: {
        const question = decodeDigestQuestion(bytes);
        if (question === undefined) return this.#drop(from, "a question for a digest that cannot be read");
        return this.#handlers.digestQuestion(from, incarnation, question);
      }
      case messageKinds.digestReport: {
        const report = decodeDigestReport(bytes);
        if (report === undefined) return this.#drop(from, "a report of a digest that cannot be read");
        return this.#handlers.digestReport(from, incarnation, report);
      }
      case messageKinds.transfer: {
        const message = decodeTransfer(bytes);
        if (message === undefined) return this.#drop(from, "a message about a state that cannot be read");
        return this.#handlers.transfer(from, incarnation, message);
      }
      case messageKinds.administration: {
        const question = decodeQuestion(bytes);
        if (question === undefined) return this.#drop(from, "an operation on members that cannot be read");
        return this.#handlers.administration(from, incarnation, question);
      }
      case messageKinds.administered: {
        const answer = decodeAnswer(bytes);
        if (answer === undefined) return this.#drop(from, "an answer about members that cannot be read");
        return this.#handlers.administered(from, answer);
      }
      case messageKinds.leaderQuestion: {
        const question = decodeLeaderQuestion(bytes);
        if (question === undefined) return this.#drop(from, "a question to the leader that cannot be read");
        return this.#handlers.leaderQuestion(from, question);
      }
      case messageKinds.leaderReply: {
        const reply = decodeLeaderReply(bytes);
        if (reply === undefined) return this.#drop(from, "a leader's reply that cannot be read");
        return this.#handlers.leaderReply(from, reply);
      }
      default:
        return this.#drop(from, `a message of unknown kind ${kind}`);
    }
  }

  #readMessage(from: MemberId, bytes: Uint8Array): Message | undefined {
    try {
      return decodeMessage(bytes.subarray(1));
    } catch (error) {
      if (!(error instanceof MalformedMessageError) && !(error instanceof CorruptFrameError)) throw error;
      this.#drop(from, error.message);
      return undefined;
    }
  }

  #drop(from: MemberId, why: string): void {
    this.#dropped++;
    const now = this.#clock.monotonicMs();
    if (now - this.#reportedAt < reportIntervalMs) return;
    this.#reportedAt = now;
    this.#logger.warn(`dropped what member ${describeMember(from)} sent: ${why}`, { from, dropped: this.#dropped });
  }
}
