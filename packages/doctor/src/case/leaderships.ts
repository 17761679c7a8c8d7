import type { Event } from "./event.ts";
import { firstFrom } from "./in-order.ts";

/** Somebody led for a while. */
export interface Leadership {
  readonly leader: string;
  readonly term: number | undefined;
  readonly fromMs: number;
  /** When it stopped, by its own account; undefined where its log does not tell. */
  readonly untilMs: number | undefined;
  /** When it led for sure, at the latest: a process that was killed did not write when. */
  readonly ledAtMs: number;
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
  const logs = new Map<string, Event[]>();
  for (const event of events) {
    const own = logs.get(event.who) ?? [];
    own.push(event);
    logs.set(event.who, own);
  }
  return begun.map((leadership) => ended(leadership, logs.get(leadership.leader) ?? []));
}

/** `log` is what its leader wrote. */
function ended(leadership: Omit<Leadership, "untilMs" | "ledAtMs">, log: readonly Event[]): Leadership {
  const { fromMs, term, evidence } = leadership;
  let at = firstFrom(log, fromMs, ({ atMs }) => atMs);
  while (at < log.length && !isEnd(log[at] as Event, term)) at++;
  const end = log[at];
  const last = end?.kind === "role" || end?.kind === "stopped" ? end : log.at(at === log.length ? -1 : at - 1);
  return {
    ...leadership,
    untilMs: end?.atMs,
    ledAtMs: Math.max(fromMs, last?.atMs ?? fromMs),
    evidence: end === undefined ? evidence : [...evidence, end],
  };
}

function leaderOf(event: Event): string | undefined {
  if (event.kind === "role" && event.role === "leader") return event.who;
  return event.kind === "leader-known" ? event.peerName : undefined;
}

/** After this the member leads no more in that term. */
function isEnd({ kind, role, term }: Event, led: number | undefined): boolean {
  if (kind !== "role") return kind === "started" || kind === "stopped";
  if (role === "leader") return false;
  // It was a candidate of the term before it led in it.
  return role === "follower" ? (term ?? led ?? 0) >= (led ?? 0) : (term ?? 0) > (led ?? 0);
}
