import type { Tape, TapeEvent } from "./tape.ts";

/** What came of a run by some moment, as numbers that two runs can be compared by. */
export interface RunNumbers {
  /** The newest term of any member. */
  readonly term: number;
  /** How often somebody became a leader. */
  readonly elections: number;
  /** The longest time, in ms, in which nothing new was committed anywhere. */
  readonly longestPauseMs: number;
  /** Entries committed, as far as any member knows. */
  readonly committed: number;
  readonly staleReads: number;
  readonly messages: number;
  readonly bytes: number;
  /** Appends that were refused because logs did not meet: round trips to find out where. */
  readonly rejections: number;
}

/** From one moment to another, both in µs. */
export function numbersOf(tape: Tape, fromMicros: number, untilMicros: number): RunNumbers {
  let term = 0;
  let elections = 0;
  const commits: { readonly at: number; readonly commit: number }[] = [];
  for (const changes of tape.views) {
    let wasLeading = false;
    for (const { event, view } of changes) {
      const at = tape.events[event]?.at ?? 0;
      if (at > untilMicros) break;
      term = Math.max(term, view.term);
      const isLeading = view.isUp && view.role === "leader";
      if (isLeading && !wasLeading && at >= fromMicros) elections++;
      wasLeading = isLeading;
      commits.push({ at, commit: view.commit });
    }
  }
  commits.sort((one, other) => one.at - other.at);
  let [committed, movedAt, longest] = [0, fromMicros, 0];
  for (const { at, commit } of commits) {
    if (commit <= committed) continue;
    committed = commit;
    if (at < fromMicros) continue;
    longest = Math.max(longest, at - movedAt);
    movedAt = at;
  }
  longest = Math.max(longest, untilMicros - movedAt);
  const sent = tape.packets.filter(({ sentAt }) => sentAt >= fromMicros && sentAt <= untilMicros);
  return {
    term,
    elections,
    longestPauseMs: longest / 1000,
    committed,
    staleReads: tape.requests.filter(
      ({ answeredAt, index, needed }) => (answeredAt ?? Infinity) <= untilMicros && (index ?? 0) < needed,
    ).length,
    messages: sent.length,
    bytes: sent.reduce((sum, { bytes }) => sum + bytes, 0),
    rejections: sent.filter(({ type }) => type === "append-rejected").length,
  };
}

/** Where two runs part: the time of the first event that is not the same in both, in µs; undefined where none is. */
export function firstDivergence(one: Tape, other: Tape): number | undefined {
  const shorter = Math.min(one.events.length, other.events.length);
  for (let place = 0; place < shorter; place++) {
    const [here, there] = [one.events[place] as TapeEvent, other.events[place] as TapeEvent];
    if (!isSame(here, there)) return here.at;
  }
  return one.events.length === other.events.length ? undefined : one.events[shorter - 1]?.at;
}

/** Whether the same happened, for the same reasons. */
function isSame(here: TapeEvent, there: TapeEvent): boolean {
  if (here.at !== there.at || here.member !== there.member || here.kind !== there.kind) return false;
  if (here.notes.join() !== there.notes.join() || here.decisions.length !== there.decisions.length) return false;
  return here.decisions.every(({ rule, answer }, at) => {
    const decision = there.decisions[at];
    return rule === decision?.rule && String(answer) === String(decision.answer);
  });
}
