import type { Entry } from "./entry.ts";
import type { LogIndex, LogPosition, Term } from "./types.ts";

/**
 * What members say to each other: one type per RPC (Raft Figure 2), never one structure with fields of many meanings.
 * Every message carries its sender's term; who sent it, and in which incarnation, comes from the link's handshake.
 */
export type Message =
  | PreVoteRequest
  | PreVoteResponse
  | VoteRequest
  | VoteResponse
  | Append
  | AppendResponse
  | Heartbeat
  | HeartbeatResponse
  | ReadIndexRequest
  | ReadIndexResponse
  | TimeoutNow;

/** "Would you vote for me?" Changes nothing at the receiver (dissertation §9.6). */
export interface PreVoteRequest {
  readonly type: "pre-vote-request";
  /** The sender's present term. */
  readonly term: Term;
  /** The term in which it would stand: `term + 1`. */
  readonly electionTerm: Term;
  /** Where the sender's log ends. */
  readonly last: LogPosition;
}

export interface PreVoteResponse {
  readonly type: "pre-vote-response";
  /** The responder's own term, which a refusal teaches (pitfalls B08, B10). */
  readonly term: Term;
  /** Echoed from the request, so that a late answer to an earlier round is not counted. */
  readonly electionTerm: Term;
  readonly granted: boolean;
}

/** RequestVote (Raft §5.2, §5.4.1). */
export interface VoteRequest {
  readonly type: "vote-request";
  readonly term: Term;
  readonly last: LogPosition;
  /** The leader itself asked for this election (dissertation §3.10): stickiness does not apply. */
  readonly transfer: boolean;
}

export interface VoteResponse {
  readonly type: "vote-response";
  readonly term: Term;
  readonly granted: boolean;
}

/** AppendEntries with a consistency check (Raft §5.3). May be empty: it then only asks, or moves the commit index. */
export interface Append {
  readonly type: "append";
  readonly term: Term;
  /** The entry before the first of `entries`. */
  readonly previous: LogPosition;
  readonly commit: LogIndex;
  readonly entries: readonly Entry[];
}

export type AppendResponse = AppendAccepted | AppendRejected;

export interface AppendAccepted {
  readonly type: "append-accepted";
  readonly term: Term;
  /** Everything up to here is durable at the sender and equals the leader's log. */
  readonly match: LogIndex;
}

export interface AppendRejected {
  readonly type: "append-rejected";
  readonly term: Term;
  /** `previous.index` of the append that did not match; 0 when the term alone was refused. */
  readonly rejected: LogIndex;
  readonly conflict: Conflict;
}

/**
 * Where a follower's log may still agree: the last position at or before the rejected one whose term is not above the
 * leader's there, and the first index of that term in the follower's log (Raft §5.3, the optimisation at its end).
 */
export interface Conflict extends LogPosition {
  readonly firstIndex: LogIndex;
}

/** "I lead." Carries no entries, so it never waits behind them. */
export interface Heartbeat {
  readonly type: "heartbeat";
  readonly term: Term;
  /** No further than what the receiver is known to hold: min(commit index, its match index) (pitfall B25). */
  readonly commit: LogIndex;
  /** Made by the leader, unique and rising within its leadership (pitfall B84). */
  readonly round: number;
}

export interface HeartbeatResponse {
  readonly type: "heartbeat-response";
  readonly term: Term;
  readonly round: number;
}

/** A follower asks the leader for an index that a linearizable read may be served at (dissertation §6.4). */
export interface ReadIndexRequest {
  readonly type: "read-index-request";
  readonly term: Term;
  /** Chosen by the asking member, unique in its incarnation. */
  readonly id: number;
}

export interface ReadIndexResponse {
  readonly type: "read-index-response";
  readonly term: Term;
  readonly id: number;
  /** 0 when the leader could not take the read. */
  readonly index: LogIndex;
}

/**
 * "Stand for election at once": the leader hands its leadership to the receiver, which holds everything that it has
 * (dissertation §3.10).
 */
export interface TimeoutNow {
  readonly type: "timeout-now";
  readonly term: Term;
}

/** Whether a message belongs on the link that must never be stuck behind entries (DESIGN; packages/transport). */
export function isControl(message: Message): boolean {
  return message.type !== "append" && message.type !== "append-accepted" && message.type !== "append-rejected";
}
