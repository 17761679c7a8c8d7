/** "1.2 %" with three digits that count; "0 %" and "100 %" only for what is so. */
export function percentText(part: number): string {
  const text = `${digits(part * 100)} %`;
  return text === "100 %" && part < 1 ? availabilityText(1 - part) : text;
}

/** "99.9996 %": as many digits as tell it from 100 %. */
export function availabilityText(unavailability: number): string {
  if (unavailability === 0) return "100 %";
  const decimals = Math.max(1, Math.ceil(-Math.log10(unavailability * 100)) + 1);
  return `${decimals > 12 ? "over 99.9999999999" : (100 - unavailability * 100).toFixed(decimals)} %`;
}

/** Milliseconds, with three digits that count. */
export function msText(ms: number): string {
  return ms >= 10_000 ? `${digits(ms / 1000)} s` : `${digits(ms)} ms`;
}

const units: readonly (readonly [number, string])[] = [
  [8766, "years"],
  [24, "days"],
  [1, "h"],
  [1 / 60, "min"],
  [1 / 3600, "s"],
  [1 / 3_600_000, "ms"],
];

/** Hours in the unit that suits them: "8.77 h", "31.6 s". */
export function hoursText(hours: number): string {
  if (hours === 0) return "0 s";
  if (hours === Number.POSITIVE_INFINITY) return "never";
  const [size, name] = units.find(([unit]) => hours >= unit) ?? [1 / 3_600_000, "ms"];
  if (hours / size >= 1e6) return `over a million ${name}`;
  return `${digits(hours / size)} ${name}`;
}

/** Three digits that count, without an exponent where that can be read. */
export function digits(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  if (Math.abs(value) < 1e-6) return value.toExponential(1);
  return String(Number(value.toPrecision(3)));
}

/** Cells under headings, two spaces apart; numbers are kept as they are. */
export function tableText(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}

/** A bar of up to `width` characters, in eighths. */
export function bar(part: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, part)) * width * 8);
  return "█".repeat(Math.floor(eighths / 8)) + (["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8] ?? "");
}

/**
 * How far a value is from the smaller to the larger of two on a logarithmic scale, which shows what differs by powers of
 * ten; the smallest still has a tenth.
 */
export function logShare(value: number, least: number, most: number): number {
  if (value <= 0) return 0;
  if (most <= least) return 1;
  return 0.1 + 0.9 * (Math.log(value / least) / Math.log(most / least));
}
