import { spanOf, isEmptySpan, type Span } from "../span.ts";
import type { KeyRange } from "../operations.ts";

/** The keys that somebody may read, or write: ranges that touch are one. */
export class AllowedRanges {
  /** In order; between any two of them lies a key that is not allowed. */
  readonly #spans: readonly Span[];

  constructor(ranges: readonly KeyRange[]) {
    this.#spans = merged(ranges.map(spanOf));
  }

  /** Whether every key of the range is allowed. */
  allows(range: KeyRange): boolean {
    const { from, to } = spanOf(range);
    const span = this.#lastFrom(from);
    if (span === undefined) return false;
    if (span.to === undefined) return true;
    return from < span.to && to !== undefined && to <= span.to;
  }

  /** The last span that begins at or before a key. */
  #lastFrom(key: string): Span | undefined {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#spans[middle] as Span).from <= key) low = middle + 1;
      else high = middle;
    }
    return this.#spans[low - 1];
  }
}

function merged(spans: readonly Span[]): Span[] {
  const sorted = spans.filter((span) => !isEmptySpan(span)).sort((a, b) => (a.from < b.from ? -1 : 1));
  const result: Span[] = [];
  for (const span of sorted) {
    const last = result.at(-1);
    if (last === undefined || (last.to !== undefined && last.to < span.from)) result.push(span);
    else result[result.length - 1] = { from: last.from, to: laterEnd(last, span) };
  }
  return result;
}

function laterEnd(one: Span, other: Span): string | undefined {
  if (one.to === undefined || other.to === undefined) return undefined;
  return one.to < other.to ? other.to : one.to;
}
