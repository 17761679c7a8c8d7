import { outcomes, type CutReport, type Outcome } from "./check-cut.ts";

/** What many cuts came to, as tables for people. */
export class CutSummary {
  readonly #reports: CutReport[] = [];

  add(report: CutReport): void {
    this.#reports.push(report);
  }

  get cuts(): number {
    return this.#reports.length;
  }

  /** Cuts that came to something that must never be. */
  get failed(): readonly CutReport[] {
    return this.#reports.filter(({ findings }) => findings.length > 0);
  }

  describe(): string {
    const lost = this.#lost();
    return [
      this.#table("the power failed", (report) => report.place),
      this.#table("unsynced writes that survived", (report) => report.policies.content),
      this.#table("unsynced names that survived", (report) => report.policies.name),
      `${this.cuts} power cuts: ${lost}`,
      `outcomes: ${outcomes.map((outcome) => `${outcome} ${this.#count(this.#reports, outcome)}`).join(", ")}; ` +
        `with findings: ${this.failed.length}`,
    ].join("\n\n");
  }

  #lost(): string {
    const sum = { blocks: 0, lostBlocks: 0, names: 0, lostNames: 0, otherSizes: 0 };
    for (const { losses } of this.#reports) {
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += losses[key];
    }
    return (
      `${sum.lostBlocks.toLocaleString("en")} of ${sum.blocks.toLocaleString("en")} unsynced blocks lost or torn, ` +
      `${sum.lostNames.toLocaleString("en")} of ${sum.names.toLocaleString("en")} unsynced changes of names lost, ` +
      `${sum.otherSizes.toLocaleString("en")} files of another size`
    );
  }

  #count(reports: readonly CutReport[], outcome: Outcome): number {
    return reports.filter((report) => report.outcome === outcome).length;
  }

  #table(title: string, group: (report: CutReport) => string): string {
    const groups = Map.groupBy(this.#reports, group);
    const shown = outcomes.filter((outcome) => this.#count(this.#reports, outcome) > 0);
    const width = Math.max(title.length, ...[...groups.keys()].map((name) => name.length));
    const head = [title.padEnd(width), "  cuts", ...shown.map((outcome) => outcome.padStart(outcome.length + 2))].join(
      "",
    );
    const rows = [...groups]
      .sort(([, a], [, b]) => b.length - a.length)
      .map(([name, reports]) =>
        [
          name.padEnd(width),
          String(reports.length).padStart(6),
          ...shown.map((outcome) => String(this.#count(reports, outcome)).padStart(outcome.length + 2)),
        ].join(""),
      );
    return [head, ...rows].join("\n");
  }
}

/** One failed cut; with the line that repeats it, if its recording is kept. */
export function describeFailure(report: CutReport, recordingFolder: string | undefined, nameOrder: string): string {
  const { cut, place, policies, members, outcome, findings } = report;
  const again =
    `  again: npm run power-cut -- --recording ${recordingFolder} --cut ${cut.position} ` +
    `--cut-seed ${cut.seed} --names ${nameOrder}`;
  return [
    `${outcome}: the power failed ${place} (position ${cut.position}); writes: ${policies.content}, ${policies.size}; ` +
      `names: ${policies.name}; members back: ${members.join(", ")}`,
    ...findings.slice(0, 6).map((finding) => `  ${finding}`),
    ...(recordingFolder === undefined ? [] : [again]),
  ].join("\n");
}
