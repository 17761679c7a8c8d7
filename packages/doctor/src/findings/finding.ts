import type { Case } from "../case/case.ts";
import type { Event } from "../case/event.ts";

/** Serious: it costs availability or safety now, or will. Warning: worth a look. Notice: ordinary, and said for completeness. */
export type Severity = "serious" | "warning" | "notice";

export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

export type FindingId =
  | "extensive-divergence"
  | "term-inflation"
  | "contested-elections"
  | "asymmetric-partition"
  | "leader-flapping"
  | "slow-disk"
  | "overload"
  | "lost-quorum"
  | "phantom-leader"
  | "snapshot-loop"
  | "stuck-membership-change"
  | "log-growth"
  | "wrong-cluster"
  | "apply-lag"
  | "no-space";

/** What a detector finds; what it means, and what to do, is in the catalogue. */
export interface Finding {
  readonly id: FindingId;
  readonly severity: Severity;
  /** From 0 to 1. */
  readonly confidence: number;
  /** Whom it is about. */
  readonly members: readonly string[];
  readonly span: Span;
  /** This very case, in a sentence. */
  readonly summary: string;
  /** The lines that say so, the most telling first. */
  readonly evidence: readonly Event[];
}

export type Detector = (about: Case) => readonly Finding[];

/** Lines shown for one finding. */
const mostEvidence = 8;

/** The first, the last, and some from in between, in the order of time. */
export function chosen(events: readonly Event[], most = mostEvidence): readonly Event[] {
  if (events.length <= most) return events;
  const step = (events.length - 1) / (most - 1);
  return Array.from({ length: most }, (_, at) => events[Math.round(at * step)] as Event);
}

/** The span of some events; nothing where there are none. */
export function spanOf(events: readonly Event[]): Span {
  return {
    fromMs: Math.min(...events.slice(0, 1).map(({ atMs }) => atMs)),
    untilMs: events.reduce((latest, { lastAtMs }) => Math.max(latest, lastAtMs), Number.NEGATIVE_INFINITY),
  };
}

export function countOf(events: readonly Event[]): number {
  return events.reduce((sum, { count }) => sum + count, 0);
}

export function mostOf(events: readonly Event[]): number {
  return events.reduce((most, { mostValue }) => Math.max(most, mostValue ?? 0), 0);
}

export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Parted where nothing happened for longer than `gapMs`. */
export function runsOf(events: readonly Event[], gapMs: number): readonly (readonly Event[])[] {
  const runs: Event[][] = [];
  let until = Number.NEGATIVE_INFINITY;
  for (const event of events) {
    if (event.atMs - until > gapMs || runs.length === 0) runs.push([]);
    runs.at(-1)?.push(event);
    until = Math.max(until, event.lastAtMs);
  }
  return runs;
}

export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  return `${(ms / 60_000).toFixed(ms < 600_000 ? 1 : 0)} min`;
}

export function times(count: number): string {
  return count === 1 ? "once" : count === 2 ? "twice" : `${count} times`;
}

export function listText(names: readonly string[]): string {
  return names.length <= 1 ? (names[0] ?? "nobody") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
