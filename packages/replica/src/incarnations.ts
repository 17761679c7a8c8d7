import type { Random } from "@quorate/host";

/**
 * The numbers of a member's starts. They rise on one disk. They are drawn, so that two disks that were one once, or that
 * both were empty once, do not come to the same number: a peer that knows one of them then notices the other
 * (`known-starts.ts`; docs/decisions/0008-starts-known-by-peers.md).
 */
const firstBelow = 2 ** 40;
const stepBelow = 2 ** 20;

/** Damage may have taken the newest numbers along: more than a thousand starts can have used up. */
const damagedStep = 2 ** 30;

/** The number of this start, from that of the start before it; 0 for none. Below 2^53 for eight million damaged starts. */
export function nextIncarnation(random: Random, previous: number, isDamaged: boolean): number {
  if (previous === 0 && !isDamaged) return 1 + Math.floor(random.next() * (firstBelow - 1));
  return previous + (isDamaged ? damagedStep : 0) + 1 + Math.floor(random.next() * (stepBelow - 1));
}
