import { describeMember } from "./describe.ts";
import { advanceCommit } from "./commit.ts";
import type { ConfigurationChange } from "./configuration-change.ts";
import type { Configuration } from "./configuration.ts";
import { Configurations } from "./configurations.ts";
import { tellAgain } from "./departures.ts";
import { stepAsideWhenStalled, stepsAsideAt } from "./disk-stall.ts";
import type { Effect } from "./effects.ts";
import type { Entry } from "./entry.ts";
import {
  checkQuorum,
  electionTimeout,
  forgetQuorum,
  handleHigherTerm,
  handlePreVoteRequest,
  handlePreVoteResponse,
  handleVoteRequest,
  handleVoteResponse,
  ownVoteStored,
  quorumLostAt,
} from "./election.ts";
import { handleAppend, hearLeader } from "./following.ts";
import { expireHandover } from "./handover.ts";
import { broadcastHeartbeat, handleHeartbeat, handleHeartbeatResponse } from "./heartbeat.ts";
import {
  defaultLimits,
  type PlacedConfiguration,
  type ChangeRefused,
  type Proposed,
  type RaftCore,
  type RaftOptions,
  type RecoveredLog,
  type RaftStatus,
  type ReadMode,
  type Refused,
  type TransferRefused,
} from "./interface.ts";
import { installState } from "./install.ts";
import { invariant } from "./invariant.ts";
import { propose } from "./leader-log.ts";
import { lead } from "./leader-turn.ts";
import { RaftLog } from "./log.ts";
import { abandonChange, changeConfiguration } from "./membership.ts";
import type { Append, Heartbeat, Message } from "./message.ts";
import { Outbox } from "./outbox.ts";
import { leaveQuarantine } from "./quarantine.ts";
import { FollowerReads, handleReadIndexRequest, handleReadIndexResponse, requestRead } from "./read-index.ts";
import { handleAppendAccepted, handleAppendRejected, handleLoaded, handleUnreachable } from "./replication.ts";
import { retreat } from "./retreat.ts";
import { becomeFollower } from "./roles.ts";
import { realRules } from "./rules.ts";
import type { State } from "./state.ts";
import { forgetFollower, handleStateSent } from "./state-transfer.ts";
import { statusOf } from "./status.ts";
import { resetElectionTimer, restartSilenceMs } from "./timing.ts";
import { handleTimeoutNow, transferLeadership } from "./transfer.ts";
import {
  initialHardState,
  type HardState,
  type LogIndex,
  type LogPosition,
  type MemberId,
  type Term,
  type TimeMs,
} from "./types.ts";

/** One member's core (see `RaftCore`): it hands each input to the module that the paper's section lives in. */
class Raft implements RaftCore {
  readonly #state: State;
  #now: TimeMs;

  constructor(options: RaftOptions) {
    this.#state = initialState(options);
    this.#now = options.now;
  }

  receive(now: TimeMs, from: MemberId, incarnation: number, message: Message): void {
    this.#passTo(now);
    const state = this.#state;
    if (from === state.id || !this.#isNewest(from, incarnation)) return;
    const { role } = state;
    switch (message.type) {
      case "pre-vote-request":
        if (role.name === "leader") tellAgain(state, role, from, now);
        return handlePreVoteRequest(state, now, from, message);
      case "pre-vote-response":
        return handlePreVoteResponse(state, now, from, message);
      case "vote-request":
        return handleVoteRequest(state, now, from, message);
      case "vote-response":
        return handleVoteResponse(state, now, from, message);
      case "append":
      case "heartbeat":
        return this.#hear(now, from, message);
      case "timeout-now":
        return handleTimeoutNow(state, now, from, message);
      case "read-index-request":
        return handleReadIndexRequest(state, from, message);
      case "read-index-response":
        return handleReadIndexResponse(state, message);
      case "append-accepted":
      case "append-rejected":
      case "heartbeat-response":
        if (role.name !== "leader" || message.term < state.term) return;
        if (message.term > state.term) return handleHigherTerm(state, role, now, from, message.term);
        if (message.type === "append-accepted") return handleAppendAccepted(state, role, now, from, message);
        if (message.type === "append-rejected") return handleAppendRejected(state, role, now, from, message);
        return handleHeartbeatResponse(state, role, now, from, message);
    }
  }

  propose(now: TimeMs, commands: readonly Uint8Array[], askedBy?: MemberId): Proposed | Refused {
    this.#passTo(now);
    return propose(this.#state, commands, askedBy);
  }

  changeConfiguration(now: TimeMs, change: ConfigurationChange): Proposed | ChangeRefused {
    this.#passTo(now);
    return changeConfiguration(this.#state, now, change);
  }

  abandonChange(now: TimeMs): Proposed | ChangeRefused {
    this.#passTo(now);
    return abandonChange(this.#state, now);
  }

  transferLeadership(now: TimeMs, to?: MemberId): TransferRefused | undefined {
    this.#passTo(now);
    return transferLeadership(this.#state, now, to);
  }

  requestRead(now: TimeMs, id: number, mode: ReadMode = "read-index"): Refused | undefined {
    this.#passTo(now);
    return requestRead(this.#state, now, id, mode);
  }

  dropLease(now: TimeMs): void {
    this.#passTo(now);
    if (this.#state.role.name === "leader") forgetQuorum(this.#state.role);
  }

  forgetRead(id: number): void {
    this.#state.followerReads.forget(id);
  }

  stored(now: TimeMs, sequence: number, last: LogPosition): void {
    this.#passTo(now);
    const state = this.#state;
    invariant(sequence <= state.outbox.issued, "only what was handed to the disk is stored", {
      sequence,
      issued: state.outbox.issued,
    });
    const held = state.outbox.stored(sequence, last, state.term);
    // The index alone says nothing: another leader's entry may stand there by now (pitfall B44).
    if (held !== undefined && state.log.termAt(held.index) === held.term) {
      state.log.durable = Math.max(state.log.durable, held.index);
    }
    ownVoteStored(state, now);
    if (state.role.name === "leader") {
      // The disk goes on: another time that it stands still is another matter.
      state.role.hasHandedOver = false;
      advanceCommit(state, state.role);
    }
    if (state.role.name === "follower") leaveQuarantine(state, state.role);
  }

  applied(now: TimeMs, index: LogIndex): void {
    this.#passTo(now);
    this.#state.log.appliedTo(index);
  }

  loaded(now: TimeMs, follower: MemberId, from: LogIndex, entries: readonly Entry[] | undefined): void {
    this.#passTo(now);
    if (this.#state.role.name === "leader") handleLoaded(this.#state, this.#state.role, now, follower, from, entries);
  }

  prune(now: TimeMs, position: LogPosition): void {
    this.#passTo(now);
    const { log, configurations } = this.#state;
    if (position.index <= log.base.index) return;
    log.prune(position);
    configurations.prunedTo(position.index);
  }

  observeStateBytes(bytes: number): void {
    this.#state.stateBytes = bytes;
  }

  stateSent(now: TimeMs, to: MemberId, position: LogPosition | undefined): void {
    this.#passTo(now);
    if (this.#state.role.name === "leader") handleStateSent(this.#state, this.#state.role, now, to, position);
  }

  installed(
    now: TimeMs,
    position: LogPosition,
    configuration: Configuration,
    configurationIndex: LogIndex,
    leaderTerm: Term,
  ): void {
    this.#passTo(now);
    installState(this.#state, now, { position, configuration, configurationIndex }, leaderTerm);
  }

  configurationAt(index: LogIndex): PlacedConfiguration | undefined {
    const { log, configurations } = this.#state;
    // A state may reach further than a damaged log: another configuration may lie between, or replace the one that we have.
    return index <= log.commit ? configurations.at(index) : undefined;
  }

  unreachable(now: TimeMs, peer: MemberId): void {
    this.#passTo(now);
    if (this.#state.role.name === "leader") handleUnreachable(this.#state.role, peer);
  }

  observeRoundTrip(rttMs: number): void {
    this.#state.rttMs = rttMs;
  }

  tick(now: TimeMs): void {
    this.#passTo(now);
    const state = this.#state;
    if (state.role.name !== "leader") {
      expireHandover(state, now);
      if (now >= state.electionDeadline) electionTimeout(state, now);
      return;
    }
    retreat(state, state.role, now);
    checkQuorum(state, state.role, now);
    if (state.role.name === "leader") stepAsideWhenStalled(state, state.role, now);
    if (state.role.name === "leader" && now >= state.role.nextHeartbeatAt) broadcastHeartbeat(state, state.role, now);
  }

  deadline(): TimeMs {
    const { role, electionDeadline, handover } = this.#state;
    if (role.name !== "leader") return Math.min(electionDeadline, handover?.deadline ?? Number.POSITIVE_INFINITY);
    const { nextHeartbeatAt, tellCommitAt, transfer } = role;
    const transferEndsAt = transfer?.deadline ?? Number.POSITIVE_INFINITY;
    const endsAt = Math.min(quorumLostAt(this.#state, role), transferEndsAt, stepsAsideAt(this.#state, role));
    return Math.min(nextHeartbeatAt, tellCommitAt, endsAt);
  }

  takeEffects(): Effect[] {
    const state = this.#state;
    const { log, outbox } = state;
    if (state.role.name === "leader") lead(state, state.role, this.#now);
    const committed = log.takeCommitted();
    if (committed.length > 0) outbox.effect({ type: "commit", entries: committed });
    this.#stageCommitHint();
    return outbox.take(this.#now);
  }

  status(): RaftStatus {
    return statusOf(this.#state);
  }

  /** A message that only a leader sends. */
  #hear(now: TimeMs, from: MemberId, message: Append | Heartbeat): void {
    const state = this.#state;
    if (message.term < state.term) return this.#teachTerm(from, message);
    if (message.term > state.term) {
      becomeFollower(
        state,
        now,
        message.term,
        from,
        `heard member ${describeMember(from)}, the leader of term ${message.term}`,
      );
    }
    const follower = hearLeader(state, now, from);
    if (message.type === "append") handleAppend(state, follower, from, message);
    else handleHeartbeat(state, follower, from, message);
  }

  /** A leader of an older term learns ours from any answer (Raft §5.1). */
  #teachTerm(to: MemberId, message: Append | Heartbeat): void {
    const { term, outbox } = this.#state;
    if (message.type === "append") {
      const conflict = { index: 0, term: 0, firstIndex: 0 };
      outbox.promise(outbox.termSequence, term, to, { type: "append-rejected", term, rejected: 0, conflict });
    } else {
      outbox.promise(outbox.termSequence, term, to, { type: "heartbeat-response", term, round: 0 });
    }
  }

  /**
   * Each start of a member is another incarnation. What an older one promised may be gone from its disk, so its late
   * messages are dropped, and what a leader knew about it has to be proved again (DESIGN §4).
   */
  #isNewest(from: MemberId, incarnation: number): boolean {
    const state = this.#state;
    const known = state.incarnations.get(from) ?? 0;
    if (incarnation < known) return false;
    if (incarnation > known) {
      state.incarnations.set(from, incarnation);
      if (known > 0 && state.role.name === "leader") {
        forgetFollower(state, state.role, from, this.#now);
      }
    }
    return true;
  }

  /** The commit index goes to the disk when something else does anyway: a restart then knows what it may apply. */
  #stageCommitHint(): void {
    const { outbox, log, term, vote } = this.#state;
    if (!outbox.hasStagedEntries || log.commit <= (this.#state.persisted?.commit ?? 0)) return;
    const hardState = { term, vote, commit: log.commit };
    outbox.stageHardState(hardState, false);
    this.#state.persisted = hardState;
  }

  #passTo(now: TimeMs): void {
    invariant(now >= this.#now, "monotonic time never goes back", { from: this.#now, to: now });
    this.#now = now;
  }
}

/**
 * Has this member never voted nor followed anybody, and so promised nothing? A cluster may begin with its configuration as an
 * entry of term 1, which nobody was elected for; where it does not, its first leader leads in term 1.
 */
function hasOnlyBegun({ term, vote }: HardState, { last, configurations }: RecoveredLog): boolean {
  if (vote !== 0 || term > 1) return false;
  return term === 0 || (last.index === 1 && last.term === 1 && configurations[0]?.index === 1);
}

/** Makes the core of one member, as of its start. */
export function createRaft(options: RaftOptions): RaftCore {
  return new Raft(options);
}

function initialState(options: RaftOptions): State {
  const limits = { ...defaultLimits, ...options.limits };
  const rules = options.rules ?? realRules;
  const hardState = options.hardState ?? initialHardState;
  invariant(hardState.term >= options.log.last.term, "the term is durable no later than entries of that term", {
    term: hardState.term,
    last: options.log.last,
  });
  const state: State = {
    id: options.id,
    incarnation: options.incarnation,
    rules,
    limits,
    random: options.random,
    log: new RaftLog(options.log, options.appliedIndex, hardState.commit, limits.logCacheBytes),
    configurations: new Configurations(
      options.configurationIndex ?? options.log.base.index,
      options.configuration,
      options.log.configurations,
    ),
    outbox: new Outbox(rules.mayPromise),
    term: hardState.term,
    vote: hardState.vote,
    role: { name: "follower", leader: 0, verified: 0 },
    termLeader: 0,
    persisted: options.hardState,
    heardLeaderAt: Number.NEGATIVE_INFINITY,
    silentUntil: Number.NEGATIVE_INFINITY,
    electionDeadline: 0,
    rttMs: 0,
    incarnations: new Map(),
    followerReads: new FollowerReads(options.incarnation),
    quarantine: options.quarantined ? { target: undefined, askAt: options.now, wireId: undefined } : undefined,
    handover: undefined,
    round: 0,
    stateBytes: Number.POSITIVE_INFINITY,
  };
  const hasPromised = !hasOnlyBegun(hardState, options.log);
  if (hasPromised && !state.configurations.isAlwaysAlone(state.id))
    state.silentUntil = options.now + restartSilenceMs(state);
  resetElectionTimer(state, options.now);
  state.electionDeadline = Math.max(state.electionDeadline, state.silentUntil);
  return state;
}
