import type { Configurations } from "./configurations.ts";
import type { Departures } from "./departures.ts";
import type { Limits } from "./interface.ts";
import type { RaftLog } from "./log.ts";
import type { Outbox } from "./outbox.ts";
import type { PastEnds } from "./past-ends.ts";
import type { Progress } from "./progress.ts";
import type { FollowerReads, LeaderReads } from "./read-index.ts";
import type { Rules } from "./rules.ts";
import type { SentRounds } from "./sent-rounds.ts";
import type { HardState, LogIndex, MemberId, Term, TimeMs } from "./types.ts";

/** What a member is at the moment; what belongs to one role can only be reached in that role (Raft Figure 4). */
export type Role = Follower | PreCandidate | Candidate | Leader;

export interface Follower {
  readonly name: "follower";
  /** The leader it follows; 0 while unknown. */
  leader: MemberId;
  /** The last entry verified against the leader of this term: the bound of what it may commit (pitfall B25). */
  verified: LogIndex;
}

export interface PreCandidate {
  readonly name: "pre-candidate";
  readonly electionTerm: Term;
  readonly votes: Map<MemberId, boolean>;
}

export interface Candidate {
  readonly name: "candidate";
  readonly votes: Map<MemberId, boolean>;
  /** The persist effect that makes our vote for ourselves durable; it counts from then on. */
  readonly ownVote: number;
}

export interface Leader {
  readonly name: "leader";
  /** The index of the no-op that opened this leadership: until it is committed, no read is served (pitfall B83). */
  readonly firstIndex: LogIndex;
  readonly progress: Map<MemberId, Progress>;
  readonly reads: LeaderReads;
  nextHeartbeatAt: TimeMs;
  /** When followers are told of the commit index at the latest; Infinity while none lacks the news. */
  tellCommitAt: TimeMs;
  readonly rounds: SentRounds;
  /** Where the log ended lately: who holds all of that is caught up. */
  readonly pastEnds: PastEnds;
  /** Former members that are still told that they left. */
  readonly departures: Departures;
  transfer: Transfer | undefined;
  /** No lease holds for the rest of this leadership: somebody was told to stand, or our voice no longer counts. */
  leasesEnded: boolean;
  /** It tried to hand over since its own disk stands still: the next time it stops leading. */
  hasHandedOver: boolean;
}

/** The leadership is being handed over (dissertation §3.10). */
export interface Transfer {
  readonly to: MemberId;
  /** When it is over, done or not (monotonic ms). */
  readonly deadline: TimeMs;
  /** We lead no longer afterwards, whatever comes of it: the committed configuration does not count us. */
  readonly isFarewell: boolean;
  /** When the target was last told to stand; undefined before. */
  sentAt: TimeMs | undefined;
}

/** Everything one member's core knows. Plain data; the modules beside this one are functions over it. */
export interface State {
  readonly id: MemberId;
  readonly incarnation: number;
  readonly rules: Rules;
  readonly limits: Limits;
  readonly random: () => number;
  readonly log: RaftLog;
  readonly configurations: Configurations;
  readonly outbox: Outbox;

  term: Term;
  /** Whom we voted for in `term`; 0 for nobody. */
  vote: MemberId;
  role: Role;
  /** The leader of `term`, once known; 0 before. There is one at most (Election Safety). */
  termLeader: MemberId;
  /** The last hard state that was handed to the disk. */
  persisted: HardState | undefined;

  /** When a leader was last heard (monotonic ms); votes are refused for T after it. */
  heardLeaderAt: TimeMs;
  /** Until when a restarted voter is silent, since it may have promised a lease before (DESIGN §3). */
  silentUntil: TimeMs;
  electionDeadline: TimeMs;
  rttMs: number;
  /** The newest incarnation seen of each peer; older ones are not listened to. */
  readonly incarnations: Map<MemberId, number>;
  readonly followerReads: FollowerReads;
  quarantine: Quarantine | undefined;
  /** A transfer of ours that ended our leadership, while it is not known who leads instead. */
  handover: Pick<Transfer, "to" | "deadline"> | undefined;
  /** Heartbeat rounds sent so far, in all leaderships of this incarnation. */
  round: number;
  /** What sending the whole state would cost, about; Infinity until somebody says so. */
  stateBytes: number;
}

/** A member that may have lost acknowledged entries: how it finds out that it holds everything again (DESIGN §4). */
export interface Quarantine {
  /** Committed at the leader after this restart: once we hold and commit this much, we have a voice again. */
  target: LogIndex | undefined;
  /** When to ask the leader (again). */
  askAt: TimeMs;
  /** The question that is on its way. */
  wireId: number | undefined;
}

/** The leader that this member knows of; 0 for none. */
export function knownLeader(state: State): MemberId {
  if (state.role.name === "leader") return state.id;
  return state.role.name === "follower" ? state.role.leader : 0;
}
