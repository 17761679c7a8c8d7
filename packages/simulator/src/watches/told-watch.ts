import type { WatchAnswer, WatchCreate, WatchEvent } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import { bytesOf, textOf, type BookEvent, type Wanted, type WatchBook } from "./watch-book.ts";

/** One watch as its client knows it, whichever member it is told by: it goes on elsewhere where it was told last. */
export class ToldWatch {
  readonly name: string;
  readonly #book: WatchBook;
  readonly #wanted: Wanted;
  readonly #previous: boolean;
  /** The first revision that it was not told of; undefined as long as it does not know where it begins. */
  next: number | undefined;
  /** By its present stream; undefined until that has said that the watch is made. */
  id: bigint | undefined;
  /** Ended by compaction, in this run. */
  endings = 0;

  constructor(name: string, book: WatchBook, wanted: Wanted, previous: boolean, next: number | undefined) {
    this.name = name;
    this.#book = book;
    this.#wanted = wanted;
    this.#previous = previous;
    this.next = next;
  }

  /** Whether it was told of everything. */
  get isDone(): boolean {
    return this.next !== undefined && this.next > this.#book.revision;
  }

  create(watchId: bigint): WatchCreate {
    const { from, to, puts, deletes } = this.#wanted;
    return {
      key: bytesOf(from),
      rangeEnd: bytesOf(to),
      startRevision: this.next ?? 0,
      wantsProgress: false,
      noPut: !puts,
      noDelete: !deletes,
      previous: this.#previous,
      watchId,
      fragment: false,
    };
  }

  /** @throws SafetyViolation */
  created({ watchId, revision, canceled, cancelReason }: WatchAnswer): void {
    if (canceled) throw this.#wrong(`could not be made: ${cancelReason}`);
    this.id = watchId;
    this.next ??= revision + 1;
  }

  /**
   * It was told of these, and so of everything up to `through`: no more and no less than that, each once, in order, and revisions
   * whole. @throws SafetyViolation
   */
  told(events: readonly WatchEvent[], through: number): void {
    const first = this.next ?? 0;
    const expected = this.#book.events(first, through, this.#wanted);
    this.#align(expected, events);
    const count = Math.max(expected.length, events.length);
    for (let at = 0; at < count; at++) {
      const [is, should] = [shownAs(events[at], this.#previous), this.#shown(expected[at], events[at])];
      if (is === should) continue;
      throw this.#wrong(
        `was told, as of revision ${through} and from ${first} on, of ${is} as number ${at + 1}, and not of ${should}`,
      );
    }
    this.#book.told += events.length;
    this.next = Math.max(first, through + 1);
  }

  /** @throws SafetyViolation when nothing that it lacks was compacted */
  compacted(compactRevision: number): void {
    const { next = 0 } = this;
    // The compacted revision itself may be lost too.
    if (next >= compactRevision || compactRevision > this.#book.compacted + 1) {
      throw this.#wrong(`lacks revision ${next}, and was ended by a compaction at ${compactRevision}`);
    }
    this.endings++;
    this.next = compactRevision;
    this.id = undefined;
  }

  /** Where the journal is cut off, a revision's events come in the order of keys: then they are looked for in that order. */
  #align(expected: BookEvent[], told: readonly WatchEvent[]): void {
    if (this.#book.isOrderWithinKept || expected.length !== told.length) return;
    const places = new Map(told.map(({ revision, keyText }, at) => [`${revision} ${keyText}`, at] as const));
    const placeOf = ({ revision, key }: BookEvent): number => places.get(`${revision} ${key}`) ?? -1;
    expected.sort((left, right) => left.revision - right.revision || placeOf(left) - placeOf(right));
  }

  #shown(event: BookEvent | undefined, told: WatchEvent | undefined): string {
    if (event === undefined) return "nothing";
    // A compaction may have taken what was before, or not yet.
    const mayLack = event.revision - 1 < this.#book.compacted && told?.previous === undefined;
    const before = this.#previous && !mayLack ? event.before : undefined;
    return shown(event.revision, event.key, event.value, before);
  }

  #wrong(what: string): SafetyViolation {
    return new SafetyViolation("watches", `${this.name} ${what}`);
  }
}

function shownAs(event: WatchEvent | undefined, withPrevious: boolean): string {
  if (event === undefined) return "nothing";
  const { item, isPut, previous, revision } = event;
  const before = withPrevious && previous !== undefined ? textOf(previous.value) : undefined;
  return shown(revision, textOf(item.key), isPut ? textOf(item.value) : undefined, before);
}

function shown(revision: number, key: string, value: string | undefined, before: string | undefined): string {
  const now = value === undefined ? `${key} deleted` : `${key}=${value}`;
  return `${revision} ${now}${before === undefined ? "" : `, before ${before}`}`;
}
