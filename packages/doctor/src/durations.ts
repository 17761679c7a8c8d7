const unitMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ns: 1e-6,
};

/** A duration as Go prints it, in ms: `1m2.5s`, `388.133988ms`, `42µs`. Undefined for anything else. */
export function goDurationMs(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  let ms = 0;
  let read = 0;
  for (const [part, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|μs|ns|h|m|s)/g)) {
    ms += Number(number) * (unitMs[unit ?? ""] ?? 0);
    read += part.length;
  }
  return read > 0 && read === text.replace(/^-/, "").length ? ms : undefined;
}
