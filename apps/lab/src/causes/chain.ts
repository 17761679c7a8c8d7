import type { Decision, Tape } from "../world/tape.ts";
import type { Point } from "./happened-before.ts";
import { History } from "./history.ts";
import { textOf } from "./nearest-causes.ts";
import type { Fall, Reason } from "./reason.ts";
import { reasonsFor } from "./reasons.ts";

export type { Fall } from "./reason.ts";

/** One thing that a violation came of. */
export interface Step extends Point {
  readonly text: string;
  /** What a broken rule said here, where one was asked. */
  readonly broken: readonly Decision[];
  /** The steps that it follows from, by their places in the chain: each happened before it, by messages. */
  readonly after: readonly number[];
}

/** What a violation came of, the first cause first; the last step is where it fell. */
export interface Chain {
  readonly steps: readonly Step[];
  /** Steps that the last one was held against, by those who see all members at once: no message led from them to it. */
  readonly against: readonly number[];
}

const mostSteps = 12;

/**
 * The causal chain behind a violation: what the property that fell hangs on, and no more of the past. What each property
 * hangs on is in `reasons.ts`; here its parts are put in order, held against what truly happened before what, and the
 * decisions of broken rules among their causes are added.
 */
export function chainOf(tape: Tape, fall: Fall): Chain {
  const history = new History(tape, fall.event);
  const end: Point = { event: fall.event, member: memberOf(tape, fall) };
  const given = reasonsFor(history, fall, end);
  const reasons = withBroken(history, end, merged([...given, { ...end, text: fall.message, weight: 1000 }]));
  return linked(history, chosen(reasons), end);
}

/** Whom it fell at: of what fell when everybody was waited for, nobody. */
function memberOf(tape: Tape, { event, message }: Fall): number {
  const { member = 0 } = tape.events[event] ?? {};
  if (member > 0) return member;
  const named = Number(/member (\d+)/.exec(message)?.[1] ?? 0);
  return tape.views.some(
    (changes, at) => tape.members[at] === named && changes.some((change) => change.event === event),
  )
    ? named
    : 0;
}

/** One for each point, with everything that is said of it. */
function merged(reasons: readonly Reason[]): Reason[] {
  const known = new Map<string, Reason>();
  for (const reason of reasons) {
    const key = `${reason.event} ${reason.member}`;
    const other = known.get(key);
    const isSaid = other === undefined || other.text.includes(reason.text);
    known.set(key, {
      event: reason.event,
      member: reason.member,
      text: other === undefined ? reason.text : isSaid ? other.text : `${other.text}; ${reason.text}`,
      weight: Math.max(reason.weight, other?.weight ?? 0),
    });
  }
  return [...known.values()].toSorted((one, other) => one.event - other.event || one.weight - other.weight);
}

/** At least one decision of a broken rule is shown, where one was among the causes: of each rule the last. */
function withBroken(history: History, end: Point, reasons: readonly Reason[]): Reason[] {
  if (reasons.some((reason) => brokenAt(history, reason).length > 0)) return [...reasons];
  const last = new Map<string, Reason>();
  for (let event = end.event; event >= 0 && last.size < 2; event--) {
    for (const { member, rule, isBroken } of history.tape.events[event]?.decisions ?? []) {
      if (isBroken !== true || last.has(rule)) continue;
      const point = { event, member };
      const isCause = end.member === 0 || reasons.some((reason) => history.order.precedes(point, reason));
      if (isCause) last.set(rule, { ...point, text: textOf(history, point), weight: 900 });
    }
  }
  return merged([...reasons, ...last.values()]);
}

function brokenAt(history: History, point: Point): readonly Decision[] {
  return history.decisions(point).filter(({ isBroken }) => isBroken === true);
}

/** The weightiest, in the order of time. */
function chosen(reasons: readonly Reason[]): readonly Reason[] {
  const least = reasons.map(({ weight }) => weight).toSorted((one, other) => other - one)[mostSteps - 1] ?? 0;
  return reasons.filter(({ weight }) => weight >= least).slice(-mostSteps);
}

/** Each step names those that it follows from directly. What leads nowhere but is no cause of the end was held against it. */
function linked(history: History, reasons: readonly Reason[], end: Point): Chain {
  const { order } = history;
  const seesAll = end.member === 0;
  const precedes = (one: Point, other: Point): boolean =>
    (seesAll && other === reasons.at(-1)) || order.precedes(one, other);
  const causes = reasons.map((reason, at) =>
    reasons.flatMap((other, k) => (k < at && precedes(other, reason) ? [k] : [])),
  );
  const steps = reasons.map((reason, at): Step => {
    const before = causes[at] ?? [];
    const after = before.filter((one) => !before.some((other) => causes[other]?.includes(one)));
    return {
      event: reason.event,
      member: reason.member,
      text: reason.text,
      broken: distinct(brokenAt(history, reason)),
      after,
    };
  });
  const last = steps.length - 1;
  const against = steps.flatMap((_, at) => (at < last && !steps.some(({ after }) => after.includes(at)) ? [at] : []));
  return { steps, against };
}

/** A rule that is asked the same several times in an event says the same. */
function distinct(decisions: readonly Decision[]): readonly Decision[] {
  const known = new Set<string>();
  return decisions.filter(({ rule, answer, instead }) => {
    const key = JSON.stringify([rule, answer, instead]);
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
}
