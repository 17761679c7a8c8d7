import { Examination, type FindingId, type Report } from "@quorate/doctor";
import { happen, incidents, peace, type Incident } from "./incidents.ts";

/** How the doctor did on runs whose truth is known. */
export interface Measurement {
  readonly incidents: number;
  readonly healthy: number;
  readonly byFinding: ReadonlyMap<FindingId, Tally>;
  /** Serious findings of healthy runs: there must be none. */
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

/** So many incidents of all kinds in turn, and so many healthy runs. */
export function measure(
  counts: { readonly incidents: number; readonly healthy: number },
  progress: (done: number) => void,
): Measurement {
  const byFinding = new Map<FindingId, Tally>();
  const falseAlarms: string[] = [];
  const errors: string[] = [];
  const clocks = { estimated: 0, right: 0 };
  const runs = [...inTurn(incidents, counts.incidents), ...inTurn(peace, counts.healthy)];
  for (const [at, { incident, seed }] of runs.entries()) {
    const { logged, finds, mayFind } = happen(incident, seed);
    const report = examined(logged.logs());
    const told = report.findings.filter(({ severity }) => severity !== "notice");
    const found = new Set(told.map(({ id }) => id));
    const where = `${incident.kind}, seed ${seed}`;
    for (const id of new Set([...finds, ...found])) {
      const tally = byFinding.get(id) ?? { found: 0, missed: 0, also: 0, wrong: 0 };
      byFinding.set(id, tally);
      if (finds.has(id) && !found.has(id)) {
        tally.missed++;
        errors.push(`${where}: missed ${id}`);
      } else if (finds.has(id)) tally.found++;
      else if (mayFind.has(id)) tally.also++;
      else {
        tally.wrong++;
        errors.push(`${where}: wrongly ${id}: ${told.find((one) => one.id === id)?.summary}`);
      }
    }
    if (peace.includes(incident)) {
      for (const { id, severity, summary } of told) {
        if (severity === "serious") falseAlarms.push(`${where}: ${id}: ${summary}`);
      }
    }
    for (const { member, reference, leastMs, mostMs } of report.clocks) {
      const of = (name: string): number => logged.skewMs.get(Number(name.slice(1))) ?? 0;
      const truth = of(member) - of(reference);
      if (Math.abs(truth) <= clockToleranceMs) continue;
      clocks.estimated++;
      if (truth >= leastMs - clockToleranceMs && truth <= mostMs + clockToleranceMs) clocks.right++;
    }
    progress(at + 1);
  }
  return { ...counts, byFinding, falseAlarms, errors, clocks };
}

function inTurn(
  kinds: readonly Incident[],
  count: number,
): readonly { readonly incident: Incident; readonly seed: number }[] {
  return Array.from({ length: count }, (_, at) => ({ incident: kinds[at % kinds.length] as Incident, seed: at + 1 }));
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
export function measurementTable({ byFinding, incidents: bad, healthy, falseAlarms, clocks }: Measurement): string {
  const share = (part: number, of: number): string => (of === 0 ? "" : `${((100 * part) / of).toFixed(1)} %`);
  const rows = [...byFinding]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([id, { found, missed, also, wrong }]) =>
        `| ${id} | ${found + missed} | ${found} | ${also} | ${wrong} | ${share(found + also, found + also + wrong)} | ${share(found, found + missed)} |`,
    );
  return [
    `${bad} incidents and ${healthy} healthy runs. Serious findings in healthy runs: ${falseAlarms.length}. Clocks apart by more than ${clockToleranceMs} ms: ${clocks.estimated} estimated, ${share(clocks.right, clocks.estimated)} of them right.`,
    "",
    "| finding | runs made for it | found in them | found where it followed from something else | wrongly found | precision | recall |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
