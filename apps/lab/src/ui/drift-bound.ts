import type { MemberView } from "../world/tape.ts";

/** By how much two clocks may differ, as the newest configuration says: a share of 1. */
export function driftBoundOf(views: readonly MemberView[]): number {
  const newest = views.reduce((one, other) => (other.configurationIndex > one.configurationIndex ? other : one));
  return (newest.timing?.clockDriftPpm ?? 0) / 1_000_000;
}

/** Whether any two clocks differ by more than the bound. */
export function areClocksBeyond(views: readonly MemberView[], bound: number): boolean {
  const rates = views.map(({ clockRate }) => clockRate);
  return Math.max(...rates) * (1 - bound) > Math.min(...rates) * (1 + 1e-9);
}

export function clocksText(views: readonly MemberView[], bound: number): string {
  const boundText = `${Math.round(1000 * bound) / 10} %`;
  return areClocksBeyond(views, bound)
    ? `Two clocks differ by more than the bound of ${boundText}: a lease may outlast the promises that it rests on.`
    : `No two clocks differ by more than the bound of ${boundText} (marked): leases hold.`;
}
