import type { Event } from "./event.ts";

/** How far a member's clock is ahead of the reference member's, in ms: somewhere between the two. */
export interface ClockOffset {
  readonly member: string;
  readonly reference: string;
  readonly leastMs: number;
  readonly mostMs: number;
  /** How many elections say so. */
  readonly elections: number;
}

interface Bound {
  readonly leader: string;
  readonly follower: string;
  /** On what the follower's clock is ahead of the leader's. */
  readonly least: number;
  readonly most: number;
}

/**
 * Estimates how far the members' clocks are apart, from elections: a follower votes before its leader leads, and hears of it
 * after. Each of the two bounds the difference on one side; the median over elections is taken, since clocks drift.
 */
export function clockOffsets(events: readonly Event[]): readonly ClockOffset[] {
  const bounds = boundsOf(events);
  const reference = mostFrequent(bounds.flatMap(({ leader, follower }) => [leader, follower]));
  if (reference === undefined) return [];
  const members = new Set(bounds.flatMap(({ leader, follower }) => [leader, follower]));
  members.delete(reference);
  return [...members].flatMap((member) => {
    const between = bounds.flatMap(({ leader, follower, least, most }) => {
      if (leader === reference && follower === member) return [[least, most] as const];
      if (leader === member && follower === reference) return [[-most, -least] as const];
      return [];
    });
    const least = median(between.map(([low]) => low).filter(Number.isFinite));
    const most = median(between.map(([, high]) => high).filter(Number.isFinite));
    if (least === undefined || most === undefined) return [];
    return [
      {
        member,
        reference,
        leastMs: Math.min(least, most),
        mostMs: Math.max(least, most),
        elections: between.length,
      },
    ];
  });
}

function boundsOf(events: readonly Event[]): readonly Bound[] {
  const elected = new Map<number, Event>();
  for (const event of events) {
    if (event.kind === "role" && event.role === "leader" && event.term !== undefined) elected.set(event.term, event);
  }
  const bounds = new Map<string, { leader: string; follower: string; least: number; most: number }>();
  for (const event of events) {
    if (event.kind !== "vote-cast" && event.kind !== "leader-known") continue;
    const leader = elected.get(event.term ?? -1);
    if (leader === undefined || leader.who === event.who || event.peerName !== leader.who) continue;
    const key = `${event.who}|${event.term}`;
    const bound = bounds.get(key) ?? {
      leader: leader.who,
      follower: event.who,
      least: Number.NEGATIVE_INFINITY,
      most: Number.POSITIVE_INFINITY,
    };
    const apart = event.atMs - leader.atMs;
    if (event.kind === "vote-cast") bound.least = Math.max(bound.least, apart);
    else bound.most = Math.min(bound.most, apart);
    bounds.set(key, bound);
  }
  return [...bounds.values()];
}

function mostFrequent(names: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** By what to correct a member's times: nothing where the clocks may well agree. */
export function correctionMs({ leastMs, mostMs }: ClockOffset): number {
  const noticeableMs = 20;
  if (leastMs <= noticeableMs && mostMs >= -noticeableMs) return 0;
  return (leastMs + mostMs) / 2;
}
