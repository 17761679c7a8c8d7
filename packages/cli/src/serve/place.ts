import { admin, type Joining } from "@quorate/etcd";
import { defaultTiming, type Configuration } from "@quorate/raft";

/** The member that is reached at exactly these URLs. */
export function memberAt({ members }: admin.DescribeResponse, peerUrls: readonly string[]): admin.Member | undefined {
  const wanted = [...peerUrls].sort().join();
  return members.find((member) => [...member.peerUrls].sort().join() === wanted);
}

/** What a member begins with, by what its cluster says of itself. */
export function placeOf(cluster: admin.DescribeResponse, member: Pick<admin.Member, "id">): Joining {
  return {
    clusterId: Number(cluster.clusterId),
    memberId: Number(member.id),
    configuration: configurationOf(cluster),
  };
}

/** Whom to turn to. How they decide while a change is under way is in the log. */
function configurationOf({ members, timing }: admin.DescribeResponse): Configuration {
  const sorted = members
    .map(({ id, name, peerUrls, role, isPromotable }) => ({ id: Number(id), name, peerUrls, role, isPromotable }))
    .sort((a, b) => a.id - b.id);
  const idsOf = (...roles: readonly admin.Role[]): number[] =>
    sorted.filter(({ role }) => roles.includes(role)).map(({ id }) => id);
  return {
    voters: idsOf(admin.Role.VOTER, admin.Role.LEAVING),
    outgoing: [],
    learners: idsOf(admin.Role.LEARNER),
    promotable: sorted.filter(({ isPromotable }) => isPromotable).map(({ id }) => id),
    removed: [],
    members: sorted.map(({ id, name, peerUrls }) => ({ id, name, peerUrls })),
    timing:
      timing === undefined
        ? defaultTiming
        : { electionTimeoutMs: timing.electionTimeoutMs, clockDriftPpm: timing.clockDriftPpm },
  };
}
