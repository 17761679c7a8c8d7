/**
 * The smallest list found that still has a property, by taking away chunks of half the list, a quarter, and so on down to
 * single items, and single items again until none can go (Zeller and Hildebrandt's ddmin, by complements). What remains
 * is 1-minimal: without any one of its items the property is gone. Later chunks are tried first, since what comes after
 * the cause is needless most of the time.
 *
 * `holds` is asked of ever smaller lists; the list as given must have the property. Where `keepGoing` says no, the
 * smallest list found until then is the result.
 */
export function minimize<T>(
  items: readonly T[],
  holds: (items: readonly T[]) => boolean,
  keepGoing: () => boolean,
): readonly T[] {
  let kept = items;
  for (let size = kept.length; size >= 1; ) {
    const before = kept.length;
    for (let end = kept.length; end > 0; end -= size) {
      if (!keepGoing()) return kept;
      const fewer = [...kept.slice(0, Math.max(0, end - size)), ...kept.slice(end)];
      if (holds(fewer)) kept = fewer;
    }
    if (size > 1) size = Math.min(Math.floor(size / 2), Math.max(1, kept.length));
    else if (kept.length === before) return kept;
  }
  return kept;
}
