import { Examination, type FindingId, type Report, type ReportedFinding } from "@quorate/doctor";
import { happen, harmless, incidents, peace, type Happened, type Incident } from "./incidents.ts";

/** How the doctor did on runs whose truth is known. */
export interface Measurement {
  readonly incidents: number;
  readonly healthy: number;
  readonly byFinding: ReadonlyMap<FindingId, Tally>;
  /** The same where the doctor is given the log of one member only, whichever. */
  readonly fromOneLog: ReadonlyMap<FindingId, Tally>;
  /** Serious findings of runs in which nothing was wrong, or nothing that matters: there must be none. */
  readonly falseAlarms: readonly string[];
  /** What was missed, or wrongly said, with how to see it again. */
  readonly errors: readonly string[];
  /** Of members whose clock is apart by more than 20 ms: how often the truth was within the estimate (or 20 ms beside it). */
  readonly clocks: { readonly estimated: number; readonly right: number };
}

export interface Tally {
  /** Runs that were made for it: it was found, or it was not. */
  found: number;
  missed: number;
  /** Runs in which it followed from something else, and was found. */
  also: number;
  /** Runs in which it was found, and was not so. */
  wrong: number;
}

/** What is more than this is no coincidence of latencies. */
const clockToleranceMs = 20;

/** So many incidents of all kinds in turn, and so many healthy runs, each with the seed after the last. */
export function measure(
  counts: { readonly incidents: number; readonly healthy: number; readonly from?: number },
  progress: (done: number) => void,
): Measurement {
  const byFinding = new Map<FindingId, Tally>();
  const fromOneLog = new Map<FindingId, Tally>();
  const falseAlarms: string[] = [];
  const errors: string[] = [];
  const clocks = { estimated: 0, right: 0 };
  const { from = 1 } = counts;
  const runs = [...inTurn([...incidents, ...harmless], counts.incidents, from), ...inTurn(peace, counts.healthy, from)];
  for (const [at, { incident, seed }] of runs.entries()) {
    const { logged, finds, mayFind } = happen(incident, seed);
    const logs = logged.logs();
    const report = examined(logs);
    const told = report.findings.filter(({ severity }) => severity !== "notice");
    const where = `${incident.kind}, seed ${seed}`;
    const truth = { finds, mayFind };
    count(byFinding, truth, told, (error) => errors.push(`${where}: ${error}`));
    const names = Object.keys(logs);
    const one = names[seed % names.length] ?? "";
    const alone = examined({ [one]: logs[one] ?? "" }).findings.filter(({ severity }) => severity !== "notice");
    count(fromOneLog, truth, alone, () => {});
    if (incident.finds.length === 0) {
      for (const { id, severity, summary } of [...told, ...alone]) {
        if (severity === "serious") falseAlarms.push(`${where}: ${id}: ${summary}`);
      }
    }
    for (const { member, reference, leastMs, mostMs } of report.clocks) {
      const of = (name: string): number => logged.skewMs.get(Number(name.slice(1))) ?? 0;
      const apart = of(member) - of(reference);
      if (Math.abs(apart) <= clockToleranceMs) continue;
      clocks.estimated++;
      if (apart >= leastMs - clockToleranceMs && apart <= mostMs + clockToleranceMs) clocks.right++;
    }
    progress(at + 1);
  }
  return { ...counts, byFinding, fromOneLog, falseAlarms, errors, clocks };
}

function count(
  tallies: Map<FindingId, Tally>,
  { finds, mayFind }: Pick<Happened, "finds" | "mayFind">,
  told: readonly ReportedFinding[],
  failed: (error: string) => void,
): void {
  const found = new Set(told.map(({ id }) => id));
  for (const id of new Set([...finds, ...found])) {
    const tally = tallies.get(id) ?? { found: 0, missed: 0, also: 0, wrong: 0 };
    tallies.set(id, tally);
    if (finds.has(id) && !found.has(id)) {
      tally.missed++;
      failed(`missed ${id}`);
    } else if (finds.has(id)) tally.found++;
    else if (mayFind.has(id)) tally.also++;
    else {
      tally.wrong++;
      failed(`wrongly ${id}: ${told.find((one) => one.id === id)?.summary}`);
    }
  }
}

function inTurn(
  kinds: readonly Incident[],
  count: number,
  from: number,
): readonly { readonly incident: Incident; readonly seed: number }[] {
  return Array.from({ length: count }, (_, at) => ({
    incident: kinds[at % kinds.length] as Incident,
    seed: from + at,
  }));
}

function examined(logs: Readonly<Record<string, string>>): Report {
  const examination = new Examination({ decode: (bytes) => new TextDecoder().decode(bytes) });
  for (const [name, text] of Object.entries(logs)) {
    const source = examination.source(name);
    source.push(new TextEncoder().encode(text));
    source.end();
  }
  return examination.report();
}

/** The table of docs/doctor.md. */
export function measurementTable(measurement: Measurement): string {
  const { byFinding, fromOneLog, incidents: bad, healthy, falseAlarms, clocks } = measurement;
  const nothing = { found: 0, missed: 0, also: 0, wrong: 0 };
  const rows = [...byFinding]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, tally]) => {
      const { found, missed, also, wrong } = tally;
      const alone = fromOneLog.get(id) ?? nothing;
      const counts = [
        found + missed,
        found,
        also,
        wrong,
        precision(tally),
        recall(tally),
        precision(alone),
        recall(alone),
      ];
      return `| ${id} | ${counts.join(" | ")} |`;
    });
  return [
    `${bad} incidents (three of their sixteen kinds are harmless) and ${healthy} healthy runs. Serious findings in harmless and healthy runs: ${falseAlarms.length}. Clocks apart by more than ${clockToleranceMs} ms: ${clocks.estimated} estimated, ${share(clocks.right, clocks.estimated)} of them right.`,
    "",
    "| finding | runs made for it | found in them | found where it followed from something else | wrongly found | precision | recall | precision from one log | recall from one log |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function precision({ found, also, wrong }: Tally): string {
  return share(found + also, found + also + wrong);
}

function recall({ found, missed }: Tally): string {
  return share(found, found + missed);
}

function share(part: number, of: number): string {
  return of === 0 ? "" : `${((100 * part) / of).toFixed(1)} %`;
}
