import { connectedGroups } from "./islands.ts";
import type { LinkChange, LinkState, Tape } from "./tape.ts";

/** The links of a world at some moment. */
export interface LinksAt {
  /** Those that are not as they were at first, by from and to. */
  readonly changed: ReadonlyMap<string, LinkChange>;
  /** Groups between which nothing gets through: one where the network is whole. */
  readonly islands: readonly (readonly number[])[];
}

/** What was made of the first changes of a tape: the same object as long as no other change is to be seen. */
const known = new WeakMap<readonly LinkChange[], { readonly count: number; readonly links: LinksAt }>();

export function linksAt(tape: Tape, event: number): LinksAt {
  const count = countUntil(tape.links, event);
  const before = known.get(tape.links);
  if (before?.count === count) return before.links;
  const changed = new Map<string, LinkChange>();
  for (const change of tape.links.slice(0, count)) {
    const key = linkKey(change.from, change.to);
    if (change.isUsual) changed.delete(key);
    else changed.set(key, change);
  }
  const isCut = (from: number, to: number): boolean => changed.get(linkKey(from, to))?.isBlocked === true;
  const links = { changed, islands: connectedGroups(tape.members, isCut) };
  known.set(tape.links, { count, links });
  return links;
}

export function linkKey(from: number, to: number): string {
  return `${from}>${to}`;
}

function countUntil(links: readonly LinkChange[], event: number): number {
  let [low, high] = [0, links.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((links[middle] as LinkChange).event <= event) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Whether two links behave alike. */
export function isSameLink(one: LinkState, other: LinkState): boolean {
  return (
    one.isBlocked === other.isBlocked &&
    one.delayMs === other.delayMs &&
    one.jitterMs === other.jitterMs &&
    one.loss === other.loss &&
    one.duplicates === other.duplicates
  );
}
