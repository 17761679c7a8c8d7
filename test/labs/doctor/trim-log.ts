/** Of lines that differ only in their numbers, so many are kept in a row of repetitions; others say nothing new. */
const keptAlike = 16;

/** A fixture's log: the lab's folder is called `/var/lib/etcd`, and what repeats itself is kept a bounded number of times. */
export function trimLog(log: string, folder: string): string {
  const seen = new Map<string, number>();
  const lines = log.replaceAll(folder, "/var/lib/etcd").split("\n");
  return lines
    .filter((line) => {
      const shape = line.replaceAll(/[0-9a-f]*\d[0-9a-f]*/g, "#").slice(0, 160);
      const times = (seen.get(shape) ?? 0) + 1;
      seen.set(shape, times);
      return times <= keptAlike;
    })
    .join("\n");
}
