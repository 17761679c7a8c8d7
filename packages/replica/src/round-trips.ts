import type { Configuration, MemberId } from "@quorate/raft";
import type { PeerNetwork } from "@quorate/transport";

/** The largest smoothed round-trip time to any peer, in ms; 0 when none is known. It widens the election window. */
export function largestRoundTripMs(
  { members }: Configuration,
  self: MemberId,
  network: Pick<PeerNetwork, "roundTripMs">,
): number {
  let largest = 0;
  for (const { id } of members) if (id !== self) largest = Math.max(largest, network.roundTripMs(id) ?? 0);
  return largest;
}
