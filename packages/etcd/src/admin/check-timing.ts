import { grpcCodes } from "@quorate/grpc";
import { majority } from "@quorate/raft";
import type { ReplicaStatus } from "@quorate/replica";
import { EtcdError } from "../errors.ts";

/** A leader leads for an election timeout without an answer: one round trip, and what disks and processors add to it. */
const leastRoundTrips = 2;

/**
 * Refuses an election timeout, in ms, in which no leader could hear a quorum: none would last until anything is committed, and so
 * nobody could set it back. Throws `EtcdError`.
 */
export function checkTiming(
  status: Pick<ReplicaStatus, "memberId" | "configuration" | "roundTripMs">,
  electionTimeoutMs: number,
): void {
  const leastMs = leastRoundTrips * quorumRoundTripMs(status);
  if (electionTimeoutMs >= Math.min(leastMs, status.configuration.timing.electionTimeoutMs)) return;
  throw new EtcdError(
    grpcCodes.failedPrecondition,
    `quorate: an election timeout of ${electionTimeoutMs} ms is too short here, where a quorum takes ${Math.ceil(leastMs / leastRoundTrips)} ms ` +
      "to answer: no leader would last, and nobody could set it back. Take ten times that, or see what takes so long",
  );
}

/** How long the other voters that make a quorum with this one take to answer; those that are not known count as quick. */
function quorumRoundTripMs({
  memberId,
  configuration: { voters },
  roundTripMs,
}: Pick<ReplicaStatus, "memberId" | "configuration" | "roundTripMs">): number {
  const others = voters.filter((id) => id !== memberId).map((id) => roundTripMs[id] ?? 0);
  return others.sort((a, b) => a - b)[majority(voters.length) - 2] ?? 0;
}
