import type { Tape, TapeEvent, TapePacket, ViewChange } from "./tape.ts";

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
  return new NumbersMeter(tape, fromMicros).until(untilMicros);
}

/** Counts along a tape from a moment on: going on costs what has happened since, and only going back begins anew. */
export class NumbersMeter {
  readonly #tape: Tape;
  readonly #from: number;
  #until = 0;
  #term = 0;
  #elections = 0;
  #committed = 0;
  /** When the last entry was committed, and the longest time without one before that, in µs. */
  #movedAt = 0;
  #longest = 0;
  #messages = 0;
  #bytes = 0;
  #rejections = 0;
  /** How far each member's views are counted, and whether it led there. */
  #views: { place: number; wasLeading: boolean }[] = [];
  #packet = 0;

  /** Takes in what is added to the tape later, too. */
  constructor(tape: Tape, fromMicros: number) {
    this.#tape = tape;
    this.#from = fromMicros;
    this.#begin();
  }

  until(micros: number): RunNumbers {
    if (micros < this.#until) this.#begin();
    this.#until = micros;
    this.#countViews();
    this.#countPackets();
    return {
      term: this.#term,
      elections: this.#elections,
      longestPauseMs: Math.max(this.#longest, micros - this.#movedAt) / 1000,
      committed: this.#committed,
      staleReads: this.#tape.requests.filter(
        ({ answeredAt, index, needed }) => (answeredAt ?? Infinity) <= micros && (index ?? 0) < needed,
      ).length,
      messages: this.#messages,
      bytes: this.#bytes,
      rejections: this.#rejections,
    };
  }

  #begin(): void {
    [this.#until, this.#term, this.#elections, this.#committed] = [0, 0, 0, 0];
    [this.#movedAt, this.#longest] = [this.#from, 0];
    [this.#messages, this.#bytes, this.#rejections, this.#packet] = [0, 0, 0, 0];
    this.#views = this.#tape.views.map(() => ({ place: 0, wasLeading: false }));
  }

  #countViews(): void {
    const { events, views } = this.#tape;
    const commits: { readonly at: number; readonly commit: number }[] = [];
    for (const [member, seen] of this.#views.entries()) {
      const changes = views[member] ?? [];
      for (; seen.place < changes.length; seen.place++) {
        const { event, view } = changes[seen.place] as ViewChange;
        const at = events[event]?.at ?? 0;
        if (at > this.#until) break;
        this.#term = Math.max(this.#term, view.term);
        const isLeading = view.isUp && view.role === "leader";
        if (isLeading && !seen.wasLeading && at >= this.#from) this.#elections++;
        seen.wasLeading = isLeading;
        if (view.commit > this.#committed) commits.push({ at, commit: view.commit });
      }
    }
    commits.sort((one, other) => one.at - other.at);
    for (const { at, commit } of commits) {
      if (commit <= this.#committed) continue;
      this.#committed = commit;
      if (at < this.#from) continue;
      this.#longest = Math.max(this.#longest, at - this.#movedAt);
      this.#movedAt = at;
    }
  }

  #countPackets(): void {
    const { packets } = this.#tape;
    for (; this.#packet < packets.length; this.#packet++) {
      const { sentAt, bytes, type } = packets[this.#packet] as TapePacket;
      if (sentAt > this.#until) break;
      if (sentAt < this.#from) continue;
      this.#messages++;
      this.#bytes += bytes;
      if (type === "append-rejected") this.#rejections++;
    }
  }
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
