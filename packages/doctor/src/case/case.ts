import type { Note } from "../note.ts";
import type { Notebook } from "../notebook.ts";
import type { SourceSummary } from "../source-reader.ts";
import type { Event } from "./event.ts";
import { leadershipsOf, type Leadership } from "./leaderships.ts";
import { Names } from "./names.ts";
import { clockOffsets, correctionMs, type ClockOffset } from "./skew.ts";

/** Everything that is known, in the order of time: what findings are looked for in. */
export interface Case {
  readonly sources: readonly SourceSummary[];
  /** Times are corrected by what the members' clocks seem to be apart. */
  readonly events: readonly Event[];
  /** Whose logs were read. */
  readonly members: readonly string[];
  readonly leaderships: readonly Leadership[];
  readonly offsets: readonly ClockOffset[];
  readonly fromMs: number;
  readonly untilMs: number;
  readonly hasDates: boolean;
  /** Undefined while nothing had to be put together for lack of room; else within what time. */
  readonly coarseMs: number | undefined;
}

export function openCase(notebook: Notebook, sources: readonly SourceSummary[]): Case {
  const names = new Names(
    notebook.notes,
    sources.map(({ name }) => name),
  );
  const events = notebook.notes
    .filter(({ kind, atMs }) => kind !== "named" && !Number.isNaN(atMs))
    .map((note) => eventOf(note, names))
    .sort(byTime);
  const offsets = clockOffsets(events);
  const corrections = new Map(offsets.map((offset) => [offset.member, correctionMs(offset)]));
  for (const event of events) {
    const ms = corrections.get(event.who) ?? 0;
    event.atMs -= ms;
    event.lastAtMs -= ms;
  }
  events.sort(byTime);
  const firsts = sources.flatMap(({ firstMs }) => firstMs ?? []);
  const lasts = sources.flatMap(({ lastMs }) => lastMs ?? []);
  return {
    sources,
    events,
    members: [...new Set(events.map(({ who }) => who))].sort(),
    leaderships: leadershipsOf(events),
    offsets,
    fromMs: Math.min(...firsts, ...events.slice(0, 1).map(({ atMs }) => atMs)),
    untilMs: Math.max(...lasts, ...events.slice(-1).map(({ lastAtMs }) => lastAtMs)),
    hasDates: sources.every(({ hasDates }) => hasDates),
    coarseMs: notebook.coarseMs,
  };
}

function eventOf(note: Note, names: Names): Event {
  return { ...note, who: names.writer(note), peerName: note.peer === undefined ? undefined : names.of(note.peer) };
}

function byTime(a: Event, b: Event): number {
  return a.atMs - b.atMs || a.source - b.source || a.line - b.line;
}
