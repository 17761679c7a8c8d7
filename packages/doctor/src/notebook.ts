import type { Fact, FactKind } from "./fact.ts";
import type { Note } from "./note.ts";

/** So much of a line is shown as evidence, in UTF-16 units. */
const excerptLength = 300;
/** What repeats itself within this time is one note, at first. */
const firstWidthMs = 1000;

/** Of what repeats itself, the first ones are kept each by itself all the same. */
const keptEach = 20;

/** Each of these is a turn in the story of a member, and is kept by itself for as long as there is room. */
const turns: ReadonlySet<FactKind> = new Set<FactKind>([
  "started",
  "stopped",
  "role",
  "leader-known",
  "leader-lost",
  "quorum-lost",
  "configuration",
  "higher-term",
  "transfer",
]);

/** Where a line stands. */
export interface Place {
  readonly source: number;
  readonly writer: string;
  readonly line: number;
  readonly atMs: number;
  readonly text: string;
}

/**
 * What was found worth remembering, in bounded memory: what repeats itself becomes one note with a count, and when there are
 * too many notes, what counts as close together becomes wider.
 */
export class Notebook {
  #notes: Note[] = [];
  #last = new Map<string, Note>();
  readonly #seen = new Map<string, number>();
  #widthMs = firstWidthMs;
  readonly #limit: number;
  readonly #words = new Map<string, string>();

  constructor(limit = 100_000) {
    this.#limit = limit;
  }

  get notes(): readonly Note[] {
    return this.#notes;
  }

  /** Undefined while every turn of every member is kept; otherwise the time within which things alike are one. */
  get coarseMs(): number | undefined {
    return this.#widthMs === firstWidthMs ? undefined : this.#widthMs;
  }

  add(fact: Fact, place: Place): void {
    const isTurn = turns.has(fact.kind) && this.#widthMs === firstWidthMs;
    const key = isTurn ? "" : keyOf(fact, place);
    const last = isTurn || this.#isAmongFirst(key) ? undefined : this.#last.get(key);
    if (last !== undefined && Math.abs(place.atMs - last.atMs) <= this.#widthMs) return more(last, fact, place);
    const note = this.#note(fact, place);
    this.#notes.push(note);
    if (!isTurn) this.#last.set(key, note);
    if (this.#notes.length > this.#limit) this.#thin();
  }

  #isAmongFirst(key: string): boolean {
    if (this.#widthMs !== firstWidthMs) return false;
    const seen = (this.#seen.get(key) ?? 0) + 1;
    if (seen <= keptEach) this.#seen.set(key, seen);
    return seen <= keptEach;
  }

  #note(fact: Fact, { source, writer, line, atMs, text }: Place): Note {
    return {
      ...fact,
      member: this.#word(fact.member),
      peer: this.#word(fact.peer),
      text: this.#word(fact.text),
      source,
      writer: this.#word(writer) ?? "",
      line,
      excerpt: own(text.length > excerptLength ? `${text.slice(0, excerptLength)}…` : text),
      atMs,
      count: fact.count ?? 1,
      lastLine: line,
      lastAtMs: atMs,
      mostValue: fact.value,
      mostTerm: fact.term,
      lastIndex: fact.index,
      lastOwn: fact.own,
      indexFalls: 0,
      ownFalls: 0,
    };
  }

  /** The same few names again and again: one copy each, which holds no block of the input alive. */
  #word(text: string | undefined): string | undefined {
    if (text === undefined) return undefined;
    const known = this.#words.get(text);
    if (known !== undefined) return known;
    const kept = own(text.slice(0, excerptLength));
    if (this.#words.size < this.#limit) this.#words.set(kept, kept);
    return kept;
  }

  #thin(): void {
    while (this.#notes.length > this.#limit / 2) {
      this.#widthMs *= 4;
      const kept: Note[] = [];
      const last = new Map<string, Note>();
      for (const note of this.#notes) {
        const key = keyOf(note, note);
        const before = last.get(key);
        if (before !== undefined && Math.abs(note.atMs - before.atMs) <= this.#widthMs) {
          join(before, note);
          continue;
        }
        last.set(key, note);
        kept.push(note);
      }
      const isStuck = kept.length === this.#notes.length && this.#widthMs > 1e12;
      this.#notes = isStuck ? kept.slice(0, this.#limit / 2) : kept;
      this.#last = last;
    }
  }
}

function keyOf(fact: Fact, { source, writer }: { readonly source: number; readonly writer: string }): string {
  return `${source}|${writer}|${fact.kind}|${fact.member ?? ""}|${fact.peer ?? ""}|${fact.role ?? ""}|${fact.text ?? ""}`;
}

function more(note: Note, fact: Fact, { line, atMs }: Place): void {
  note.count += fact.count ?? 1;
  note.lastLine = line;
  note.lastAtMs = Math.max(note.lastAtMs, atMs);
  note.mostValue = larger(note.mostValue, fact.value);
  note.mostTerm = larger(note.mostTerm, fact.term);
  if ((fact.index ?? 0) < (note.lastIndex ?? 0)) note.indexFalls++;
  if ((fact.own ?? Number.POSITIVE_INFINITY) < (note.lastOwn ?? 0)) note.ownFalls++;
  note.lastIndex = fact.index;
  note.lastOwn = fact.own;
}

function join(note: Note, after: Note): void {
  note.indexFalls += after.indexFalls + ((after.index ?? 0) < (note.lastIndex ?? 0) ? 1 : 0);
  note.ownFalls += after.ownFalls + ((after.own ?? Number.POSITIVE_INFINITY) < (note.lastOwn ?? 0) ? 1 : 0);
  note.count += after.count;
  note.lastLine = after.lastLine;
  note.lastAtMs = after.lastAtMs;
  note.mostValue = larger(note.mostValue, after.mostValue);
  note.mostTerm = larger(note.mostTerm, after.mostTerm);
  note.lastIndex = after.lastIndex;
  note.lastOwn = after.lastOwn;
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.max(one, other);
}

/** A copy of its own: a part of a string keeps the whole alive, and here the whole is a block of the input. */
function own(text: string): string {
  return ` ${text}`.slice(1);
}
