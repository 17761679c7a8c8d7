/** A share near 100 has no more digits than these to be told by, in binary. */
const mostDigits = 11;

/** The share of the time that something is up, by the share that it is not: with as many nines as it takes not to say 100. */
export function upText(unavailability: number): string {
  const down = 100 * unavailability;
  if (down === 0) return "100 %";
  const digits = Math.max(2, 1 - Math.floor(Math.log10(down)));
  return digits > mostDigits
    ? `over ${(100 - 10 ** -mostDigits).toFixed(mostDigits)} %`
    : `${(100 - down).toFixed(digits)} %`;
}

/** In a unit in which it is not nothing. */
export function downText(hours: number): string {
  if (hours === 0) return "never";
  if (hours >= 1) return `${hours.toFixed(1)} h`;
  if (hours >= 1 / 60) return `${(60 * hours).toFixed(1)} min`;
  const ms = 3_600_000 * hours;
  if (ms >= 1000) return `${(ms / 1000).toFixed(1)} s`;
  return ms >= 1 ? `${ms.toFixed(0)} ms` : "under 1 ms";
}
