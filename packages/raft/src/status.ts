import type { RaftStatus } from "./interface.ts";
import { knownLeader, type State } from "./state.ts";

/** The state as plain, printable data. */
export function statusOf(state: State): RaftStatus {
  const { log, role } = state;
  const reads = role.name === "leader" ? role.reads.size : state.followerReads.size;
  const followers =
    role.name !== "leader"
      ? []
      : [...role.progress].map(([id, progress]) => ({
          id,
          state: progress.state,
          match: progress.match,
          next: progress.next,
          inflightAppends: progress.inflightAppends,
          inflightBytes: progress.inflightBytes,
          heardAt: progress.heardAt,
        }));
  return {
    id: state.id,
    role: role.name,
    term: state.term,
    vote: state.vote,
    leader: knownLeader(state),
    base: log.base,
    last: log.last,
    durableIndex: log.durable,
    commitIndex: log.commit,
    appliedIndex: log.applied,
    configuration: state.configurations.inForce,
    configurationIndex: state.configurations.index,
    quarantined: state.quarantine !== undefined,
    transferringTo: role.name === "leader" ? (role.transfer?.to ?? 0) : 0,
    uncommittedBytes: log.uncommittedBytes,
    unappliedBytes: log.unappliedBytes,
    cachedBytes: log.cachedBytes,
    pendingReads: reads,
    followers,
  };
}
