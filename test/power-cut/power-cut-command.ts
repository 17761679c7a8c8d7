// `npm run power-cut`: many power cuts, or one of them again.
import { rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { runCampaign } from "./campaign.ts";
import { CutSummary, describeFailure } from "./cut-summary.ts";
import { loadRecording, missingTracer } from "./record.ts";
import { describeOperation, operationAt } from "./operations.ts";
import { omissions } from "./program-changes.ts";
import { runCuts } from "./run-cuts.ts";
import type { NameOrder } from "./survivors.ts";
import { fastFolder } from "./worker-pool.ts";

const usage = `Usage: npm run power-cut [-- --cuts N --seed S]

Records clusters of one and of three members under load with strace, rebuilds their directories as power cuts at many
moments could have left them, starts members on these, and compares with what clients were told (docs/power-cuts.md).

Options
  --cuts N          how many power cuts (default 2000)
  --seed S          what is recorded and where it is cut follows from it (default: the time)
  --names ORDER     posix: unsynced names may be lost in any order; journal: the newest only (default posix)
  --omit CHANGE     leave a sync out of the recorded program: ${omissions.join(", ")}; there must then be findings

One cut again, from a recording that a failure has left
  --recording FOLDER --cut POSITION --cut-seed SEED [--names ORDER]
`;

const { values } = parseArgs({
  options: {
    cuts: { type: "string", default: "2000" },
    seed: { type: "string", default: String(Math.floor(Date.now() / 1000)) },
    names: { type: "string", default: "posix" },
    omit: { type: "string", multiple: true, default: [] },
    recording: { type: "string" },
    cut: { type: "string" },
    "cut-seed": { type: "string" },
    help: { type: "boolean" },
  },
});

const tell = (text: string): void => void process.stdout.write(`${text}\n`);
/** Cuts of one recording, at most. */
const cutsPerRecording = 400;

function wholeNumber(name: "cuts" | "seed" | "cut" | "cut-seed"): number {
  const value = Number(values[name]);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new UsageError(`--${name} must be a whole number, not "${values[name]}"`);
}

class UsageError extends Error {}

function nameOrder(): NameOrder {
  if (values.names === "posix" || values.names === "journal") return values.names;
  throw new UsageError(`--names must be posix or journal, not "${values.names}"`);
}

async function campaign(): Promise<boolean> {
  const cuts = wholeNumber("cuts");
  const seed = wholeNumber("seed");
  for (const name of values.omit) {
    if (!(omissions as readonly string[]).includes(name)) throw new UsageError(`--omit knows ${omissions.join(", ")}`);
  }
  const recordings = Math.max(2, Math.ceil(cuts / cutsPerRecording));
  const began = performance.now();
  const { summary, failures } = await runCampaign({
    cuts,
    seed,
    members: Array.from({ length: recordings }, (_, index) => (index % 2 === 0 ? 1 : 3)),
    names: nameOrder(),
    requests: 600,
    restarts: 2,
    omissions: values.omit,
    tell,
  });
  tell(`\n${summary.describe()}`);
  for (const failure of failures.slice(0, 20)) tell(`\n${failure}`);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  tell(
    `\n${failures.length} of ${summary.cuts} power cuts with findings, seed ${seed}, ${recordings} recordings, ${seconds} s`,
  );
  return failures.length === 0;
}

async function again(folder: string): Promise<boolean> {
  const recording = loadRecording(folder);
  const { recorded } = recording;
  const position = wholeNumber("cut");
  const summary = new CutSummary();
  const scratch = fastFolder();
  for (let at = Math.max(0, position - 12); at < position; at++) {
    const isOver = ((recorded.moments[at] as number) & 1) === 1;
    tell(
      `  ${String(at).padStart(7)} ${isOver ? "returned" : "began   "} ${describeOperation(operationAt(recorded, at), recorded.folder)}`,
    );
  }
  tell(`  ${String(position).padStart(7)} the power fails`);
  await runCuts({
    recording,
    cuts: [{ position, seed: wholeNumber("cut-seed") }],
    order: nameOrder(),
    folder: scratch,
    atOnce: 1,
    report: (report) => {
      summary.add(report);
      tell(report.findings.length > 0 ? describeFailure(report, folder, nameOrder()) : `${report.outcome}: no finding`);
    },
  });
  if (summary.failed.length > 0) tell(`The directories, after the members have started on them, are in ${scratch}`);
  else rmSync(scratch, { recursive: true, force: true });
  return summary.failed.length === 0;
}

try {
  if (values.help === true) tell(usage);
  else if (values.recording !== undefined) process.exitCode = (await again(values.recording)) ? 0 : 1;
  else {
    const missing = await missingTracer();
    if (missing !== undefined) throw new UsageError(missing);
    process.exitCode = (await campaign()) ? 0 : 1;
  }
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
