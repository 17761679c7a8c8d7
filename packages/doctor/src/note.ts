import type { Fact } from "./fact.ts";

/** A fact with its place; or several alike that came close together. */
export interface Note extends Omit<Fact, "count"> {
  /** Which of the sources, and who wrote there: several members may share one source. */
  readonly source: number;
  readonly writer: string;
  readonly line: number;
  /** The line itself, shortened. */
  readonly excerpt: string;
  /** Ms since 1970, or since midnight. NaN where the line has no time. */
  atMs: number;
  count: number;
  lastLine: number;
  lastAtMs: number;
  /** Of the ones that were put together: the largest. */
  mostValue: number | undefined;
  mostTerm: number | undefined;
  /** The last index and the last own term, and how often each fell. */
  lastIndex: number | undefined;
  lastOwn: number | undefined;
  indexFalls: number;
  ownFalls: number;
}
