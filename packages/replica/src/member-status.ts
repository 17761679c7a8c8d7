import type { ReplicaStatus } from "./interface.ts";
import type { MemberParts } from "./member-parts.ts";

/** Puts together what a member's parts say about themselves. */
export function memberStatus(
  parts: Pick<MemberParts<unknown>, "host" | "clusterId" | "memberId" | "core" | "network" | "wal">,
  counts: Pick<
    ReplicaStatus,
    | "proposalsWaiting"
    | "proposalsFailed"
    | "readsWaiting"
    | "leaderChanges"
    | "loopDelayMs"
    | "stepsAside"
    | "longestHeartbeatGapMs"
    | "removedAccordingTo"
  >,
): ReplicaStatus {
  const { host, clusterId, memberId, core, network, wal } = parts;
  const now = host.clock.monotonicMs();
  const status = core.status();
  const others = status.configuration.members.filter((member) => member.id !== memberId);
  return {
    clusterId,
    memberId,
    role: status.role,
    term: status.term,
    leader: status.leader,
    lastIndex: status.last.index,
    commitIndex: status.commitIndex,
    appliedIndex: status.appliedIndex,
    durableIndex: status.durableIndex,
    configuration: status.configuration,
    configurationIndex: status.configurationIndex,
    baseIndex: status.base.index,
    transferringTo: status.transferringTo,
    followers: status.followers.map(({ id, state, match, heardAt }) => ({
      id,
      state,
      match,
      heardMsAgo: Math.max(0, Math.round(now - heardAt)),
    })),
    quarantined: status.quarantined,
    roundTripMs: Object.fromEntries(others.map(({ id }) => [id, network.roundTripMs(id)])),
    syncMs: wal.metrics.meanSyncMs,
    ...counts,
  };
}
