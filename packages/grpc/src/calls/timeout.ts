const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
};

/** Milliseconds, fractional, of a `grpc-timeout` header such as "500m" or "5S"; undefined when it is malformed. */
export function parseTimeout(header: string): number | undefined {
  if (!/^\d{1,8}[HMSmun]$/.test(header)) return undefined;
  return Number(header.slice(0, -1)) * (unitMs[header.at(-1) as string] as number);
}
