import { keyAfter, textOf, type KeyText } from "./key-text.ts";
import type { KeyRange } from "./operations.ts";

/** The keys in [from, to); `to` undefined for no end. */
export interface Span {
  readonly from: KeyText;
  readonly to: KeyText | undefined;
}

/** etcd's range as a span: no `end` is the single key, an `end` of one zero byte every key from `key` on. */
export function spanOf(range: KeyRange): Span {
  const from = textOf(range.key);
  if (range.end === undefined) return { from, to: keyAfter(from) };
  if (range.end.length === 1 && range.end[0] === 0) return { from, to: undefined };
  return { from, to: textOf(range.end) };
}

export function isEmptySpan(span: Span): boolean {
  return span.to !== undefined && span.to <= span.from;
}
