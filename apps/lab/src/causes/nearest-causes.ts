import { decisionText } from "../ui/words.ts";
import { electionReasons } from "./election-reasons.ts";
import type { Point } from "./happened-before.ts";
import type { History } from "./history.ts";
import type { Reason } from "./reason.ts";

/** How many messages back the past is followed. */
const mostHops = 3;
/** What was worth seeing last, where a fall is of nobody's making in particular. */
const mostNotable = 6;

/** Where nothing better is known: the message that led to it, what led to that one, and so on. */
export function nearestCauses(history: History, end: Point): readonly Reason[] {
  if (end.member === 0) return lastNotable(history, end);
  const reasons: Reason[] = [];
  let at: Point = end;
  for (let hops = 0; hops < mostHops; hops++) {
    const { member, event } = at;
    const heard = history.order.lastUpTo(
      member,
      event,
      (one) => history.order.takenAt({ member, event: one }).length > 0,
    );
    if (heard === undefined) break;
    const point = { member, event: heard };
    const packet = history.order.takenAt(point).at(-1);
    if (packet === undefined) break;
    if (heard !== end.event) reasons.push({ ...point, text: textOf(history, point), weight: 500 - hops });
    at = { member: packet.from, event: packet.sentIn };
  }
  if (reasons.length === 0 && at !== end) reasons.push({ ...at, text: textOf(history, at), weight: 400 });
  const election = history.electionBefore(at.member, end.event);
  return election === undefined
    ? reasons
    : [...reasons, ...electionReasons(history, election, []).filter(({ weight }) => weight >= 800)];
}

/** Of a cluster that comes to nothing: what its members decided last. */
function lastNotable(history: History, end: Point): Reason[] {
  const known = new Set<string>();
  const reasons: Reason[] = [];
  const { events } = history.tape;
  for (let event = end.event - 1; event >= 0 && reasons.length < mostNotable; event--) {
    const { decisions = [], notes = [] } = events[event] ?? {};
    const changed = notes.filter((note) => / of term \d+: /.test(note));
    for (const { member, rule, answer, isBroken } of decisions) {
      const key = `${member} ${rule} ${String(answer)}`;
      if ((isBroken !== true && changed.length === 0) || known.has(key)) continue;
      known.add(key);
      const point = { member, event };
      if (reasons.length < mostNotable) reasons.push({ ...point, text: textOf(history, point), weight: 400 });
      break;
    }
  }
  return reasons;
}

/** Rules that are asked with every answer, and say how far something has come: nothing hangs on one of their answers alone. */
const dull: ReadonlySet<string> = new Set(["decided", "leadsUntil", "leaseUntil", "leaseHeldUntil"]);

/** What happened to a member at an event, in a line. */
export function textOf(history: History, point: Point): string {
  const { notes = [] } = history.tape.events[point.event] ?? {};
  const decided = history.decisions(point).filter(({ rule, isBroken }) => isBroken !== true && !dull.has(rule));
  const role = notes.flatMap((note) => / of term \d+: (?<why>.*)$/.exec(note)?.groups?.["why"] ?? []);
  const heard = history.order.takenAt(point).map(({ from, text }) => `hears from ${from}: ${text}`);
  const said = [...heard, ...role, ...new Set(decided.map(decisionText))].slice(0, 3);
  const other = notes.map((note) => note.replace(/^[\d.>]+: /, ""));
  return `member ${point.member}: ${(said.length > 0 ? said : other.length > 0 ? other : ["goes on"]).join("; ")}`;
}
