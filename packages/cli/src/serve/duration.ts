const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * A time as etcd's options write it: numbers with units, added up ("90s", "1h30m", "1.5h"), or 0. Gives milliseconds;
 * undefined when it is not of that form.
 */
export function parseDuration(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === "0") return 0;
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(trimmed)) return undefined;
  let total = 0;
  for (const [, number = "0", , unit = "ms"] of trimmed.matchAll(/(\d+(\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(number) * (unitsMs[unit] as number);
  }
  return Math.round(total);
}
