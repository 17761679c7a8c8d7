import type { Struck } from "./nemesis.ts";
import type { Silences } from "./silences.ts";

/** Outages of one cause. In milliseconds. */
export interface OutageRow {
  readonly cause: string;
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly max: number;
}

/** How long no write was acknowledged, by cause. */
export class Outages {
  readonly #byCause = new Map<string, number[]>();

  /** For a fault and the quiet after it, until `toMs`. Gives the outage in milliseconds. */
  add({ fault, cause, overlapped, fromMs, healedMs }: Struck, toMs: number, silences: Silences): number {
    if (overlapped || healedMs === undefined) return this.#push("several at once", silences.longest(fromMs, toMs));
    const many = fault.victims === "all" || fault.victims === "majority";
    // No progress is expected while a majority suffers: what counts is how soon the cluster serves again.
    if (many) return this.#push(`${cause}, after it`, silences.after(healedMs));
    return this.#push(cause, silences.longest(fromMs, toMs));
  }

  /** For a time without faults. */
  addQuiet(fromMs: number, toMs: number, silences: Silences): void {
    this.#push("no fault", silences.longest(fromMs, toMs));
  }

  /** For a time in which something was done. Gives the outage in milliseconds. */
  addTime(cause: string, fromMs: number, toMs: number, silences: Silences): number {
    return this.#push(cause, silences.longest(fromMs, toMs));
  }

  rows(): readonly OutageRow[] {
    return [...this.#byCause]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([cause, values]) => {
        const sorted = values.toSorted((a, b) => a - b);
        const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
        return { cause, count: sorted.length, p50: at(0.5), p90: at(0.9), max: at(1) };
      });
  }

  #push(cause: string, ms: number): number {
    const values = this.#byCause.get(cause) ?? [];
    values.push(Math.round(ms));
    this.#byCause.set(cause, values);
    return ms;
  }
}

const shortestMs = 10;
const longestMs = 100_000;
const chartWidth = 40;

/** A table with a bar for each cause on a logarithmic scale: dots up to the median, blocks to p90, a line to the longest. */
export function drawOutages(rows: readonly OutageRow[]): string {
  const position = (ms: number) => {
    const share = Math.log(Math.max(shortestMs, ms) / shortestMs) / Math.log(longestMs / shortestMs);
    return Math.min(chartWidth, Math.round(share * chartWidth));
  };
  const scale = ["10 ms", "100 ms", "1 s", "10 s"].map((mark) => mark.padEnd(chartWidth / 4)).join("");
  const lines = rows.map(({ cause, count, p50, p90, max }) => {
    const bar = `${"\u00b7".repeat(position(p50))}${"\u2588".repeat(position(p90) - position(p50))}`;
    const whole = `${bar}${"\u2500".repeat(position(max) - position(p90))}|`;
    const numbers = [count, p50, p90, max].map((value) => String(value).padStart(7)).join("");
    return `${cause.padEnd(32)}${numbers}  ${whole}`;
  });
  const heading = ["cause".padEnd(32), ...["count", "p50", "p90", "max ms"].map((name) => name.padStart(7))].join("");
  return [`${heading}  ${scale}`, ...lines].join("\n");
}
