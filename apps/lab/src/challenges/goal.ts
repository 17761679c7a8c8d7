import type { MemberView, Tape, ViewChange } from "../world/tape.ts";

/** What is to be reached, and when that was. */
export interface Goal {
  /** "Make … happen": what the reader is to bring about, as a clause. */
  readonly text: string;
  /** When it was reached first, in µs; undefined as long as it is not. */
  readonly reachedAt: (tape: Tape, electionTimeoutMs: number) => number | undefined;
}

/** One of the simulator's checkers finds that its property does not hold. */
export function falls(property: string, text: string): Goal {
  return {
    text,
    reachedAt: ({ violations, events, endMicros }) => {
      const found = violations.find((violation) => violation.property === property);
      return found === undefined ? undefined : (events[found.event]?.at ?? endMicros);
    },
  };
}

/** A read is answered as of an earlier state than had been committed when it was asked. */
export const staleRead: Goal = {
  text: "a read is answered with an old state",
  reachedAt: ({ requests }) =>
    requests.find(({ index, needed, answeredAt }) => answeredAt !== undefined && index !== undefined && index < needed)
      ?.answeredAt,
};

/** Nobody leads for so many election timeouts in a row, once somebody has. */
export function leaderlessFor(timeouts: number): Goal {
  return {
    text: `nobody leads for ${timeouts} T in a row`,
    reachedAt: (tape, electionTimeoutMs) => {
      let hasLed = false;
      return lastingIn(tape, timeouts * electionTimeoutMs * 1000, (views) => {
        const leads = views.some(isLeading);
        hasLed ||= leads;
        return hasLed && !leads;
      });
    },
  };
}

/** Somebody leads all the time, has taken writes, and nothing new is committed. */
export function stuckFor(timeouts: number): Goal {
  return {
    text: `somebody leads all the time, and a write that it took is not committed for ${timeouts} T`,
    reachedAt: (tape, electionTimeoutMs) => {
      let committed = 0;
      return lastingIn(tape, timeouts * electionTimeoutMs * 1000, (views) => {
        const newest = Math.max(...views.map(({ commit }) => commit));
        const isMoving = newest > committed;
        committed = newest;
        return !isMoving && views.some((view) => isLeading(view) && lastIndex(view) > newest);
      });
    },
  };
}

/** Two members that run, or only stand still, call themselves leader at one time. */
export const twoBelieve: Goal = {
  text: "two members call themselves leader at the same time",
  reachedAt: (tape) => lastingIn(tape, 0, (views) => views.filter(isLeading).length > 1),
};

/** Somebody is elected in this term or a later one. */
export function electedInTerm(term: number): Goal {
  return {
    text: `somebody is elected in term ${term} or later`,
    reachedAt: (tape) => lastingIn(tape, 0, (views) => views.some((view) => isLeading(view) && view.term >= term)),
  };
}

function isLeading({ isUp, role }: MemberView): boolean {
  return isUp && role === "leader";
}

function lastIndex({ base, terms }: MemberView): number {
  return base + terms.length;
}

/** When something had been so for so long, in µs. */
function lastingIn(tape: Tape, lasts: number, isSo: (views: readonly MemberView[]) => boolean): number | undefined {
  const places = tape.views.map(() => 0);
  const views = tape.views.map((changes) => (changes[0] as ViewChange).view);
  let since: number | undefined;
  for (const [place, { at }] of tape.events.entries()) {
    if (since !== undefined && at >= since + lasts) return since + lasts;
    let hasChanged = place === 0;
    for (const [member, changes] of tape.views.entries()) {
      for (;;) {
        const next = changes[(places[member] ?? 0) + 1];
        if (next === undefined || next.event > place) break;
        views[member] = next.view;
        places[member] = (places[member] ?? 0) + 1;
        hasChanged = true;
      }
    }
    if (!hasChanged) continue;
    if (isSo(views)) since ??= at;
    else since = undefined;
  }
  const end = Math.max(tape.endMicros, tape.events.at(-1)?.at ?? 0);
  return since !== undefined && end >= since + lasts ? since + lasts : undefined;
}
