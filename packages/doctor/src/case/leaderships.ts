import type { Event } from "./event.ts";

/** Somebody led for a while. */
export interface Leadership {
  readonly leader: string;
  readonly term: number | undefined;
  readonly fromMs: number;
  /** When it stopped, by its own account; undefined where its log does not tell. */
  readonly untilMs: number | undefined;
  /** Where that is written. */
  readonly evidence: readonly Event[];
}

/** In the order in which they began. `events` are in the order of time. */
export function leadershipsOf(events: readonly Event[]): readonly Leadership[] {
  const begun: { leader: string; term: number | undefined; fromMs: number; evidence: Event[] }[] = [];
  const terms = new Map<number, (typeof begun)[number]>();
  for (const event of events) {
    const leader = leaderOf(event);
    if (leader === undefined) continue;
    const known = event.term === undefined ? undefined : terms.get(event.term);
    if (known !== undefined) {
      // The leader's own line says it best; followers may have been read first.
      if (event.kind === "role" && known.evidence[0]?.kind !== "role") known.evidence.unshift(event);
      continue;
    }
    // Followers of systems that tell no terms repeat what is known.
    if (event.term === undefined && event.kind === "leader-known" && begun.at(-1)?.leader === leader) continue;
    const leadership = { leader, term: event.term, fromMs: event.atMs, evidence: [event] };
    begun.push(leadership);
    if (event.term !== undefined) terms.set(event.term, leadership);
  }
  const ends = new Map<string, Event[]>();
  for (const event of events) {
    if (!mayEnd(event)) continue;
    const own = ends.get(event.who) ?? [];
    own.push(event);
    ends.set(event.who, own);
  }
  return begun.map((leadership) => ended(leadership, ends.get(leadership.leader) ?? []));
}

function ended(leadership: Omit<Leadership, "untilMs">, ends: readonly Event[]): Leadership {
  const { fromMs, term, evidence } = leadership;
  const end = ends.find((event) => event.atMs >= fromMs && isEnd(event, term));
  return { ...leadership, untilMs: end?.atMs, evidence: end === undefined ? evidence : [...evidence, end] };
}

function leaderOf(event: Event): string | undefined {
  if (event.kind === "role" && event.role === "leader") return event.who;
  return event.kind === "leader-known" ? event.peerName : undefined;
}

function mayEnd({ kind, role }: Event): boolean {
  return kind === "started" || kind === "stopped" || (kind === "role" && role !== "leader");
}

/** After this the member leads no more in that term. */
function isEnd({ kind, role, term }: Event, led: number | undefined): boolean {
  if (kind !== "role") return true;
  // It was a candidate of the term before it led in it.
  return role === "follower" ? (term ?? led ?? 0) >= (led ?? 0) : (term ?? 0) > (led ?? 0);
}
