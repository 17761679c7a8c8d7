import type { FindingId } from "@quorate/doctor";

/**
 * Comparisons of the lab in which what a finding tells of happens, the nearest first. None where a modelled cluster has no such
 * thing: slow machines, large states, full disks, and directories that were mixed up.
 */
export const reproducedBy: Readonly<Record<FindingId, readonly string[]>> = {
  "extensive-divergence": ["state-instead-of-a-walk", "conflict-hints"],
  "term-inflation": ["term-bomb", "two-bombs"],
  "contested-elections": ["narrow-window", "equal-timers"],
  "asymmetric-partition": ["unheard-leader", "unheard-follower", "cloudflare-2020", "deaf-leader"],
  "leader-flapping": ["chained-five", "cloudflare-2020"],
  "lost-quorum": ["deaf-leader"],
  "phantom-leader": ["phantom-leader", "lease-and-clocks", "clocks-beyond-the-bound"],
  "stuck-membership-change": ["joint-consensus"],
  "slow-disk": [],
  overload: [],
  "snapshot-loop": [],
  "log-growth": [],
  "wrong-cluster": [],
  "apply-lag": [],
  "no-space": [],
};
