import { outcomes, type Outcome } from "./judge.ts";

/** Counts outcomes by kind of damage, and failures in words. */
export class Tally {
  readonly #rows = new Map<string, Map<Outcome, number>>();
  readonly failures: string[] = [];
  total = 0;

  count(kind: string, outcome: Outcome): void {
    const row = this.#rows.get(kind) ?? new Map<Outcome, number>();
    this.#rows.set(kind, row.set(outcome, (row.get(outcome) ?? 0) + 1));
    this.total++;
  }

  /** Runs one case; what it throws is a failure, and the others go on. */
  try(kind: string, place: string, judge: () => Outcome): void {
    try {
      this.count(kind, judge());
    } catch (error) {
      this.failures.push(`${kind}, ${place}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  of(outcome: Outcome): number {
    let sum = 0;
    for (const row of this.#rows.values()) sum += row.get(outcome) ?? 0;
    return sum;
  }

  /** A table in Markdown, the sums last. */
  describe(): string {
    const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
    const rows = [...this.#rows].map(([kind, row]) => line([kind, ...outcomes.map((one) => row.get(one) ?? 0)]));
    const sums = line(["all", ...outcomes.map((one) => this.of(one))]);
    return [line(["damage", ...outcomes]), line(["---", ...outcomes.map(() => "---")]), ...rows, sums].join("\n");
  }
}
