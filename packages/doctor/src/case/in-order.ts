/** @returns where the first of `items`, which are in the order of `timeOf`, is that is not before `ms`; their number if none is. */
export function firstFrom<T>(items: readonly T[], ms: number, timeOf: (item: T) => number): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (timeOf(items[middle] as T) < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Those of `items`, which are in the order of their times, that lie between two times, both included. */
export function between<T extends { readonly atMs: number }>(
  items: readonly T[],
  fromMs: number,
  untilMs: number,
): readonly T[] {
  const found: T[] = [];
  for (let at = firstFrom(items, fromMs, ({ atMs }) => atMs); at < items.length; at++) {
    const item = items[at] as T;
    if (item.atMs > untilMs) break;
    found.push(item);
  }
  return found;
}
