import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { examineCluster, Examination, timelineSvg, type Report } from "@quorate/doctor";
import { placeOf } from "../client/with-calls.ts";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { seriousCode, type DoctorFlags } from "./doctor-flags.ts";
import { doctorText } from "./doctor-text.ts";
import { readCluster, type ReadCluster } from "./read-cluster.ts";
import { findInputs, readInputs, type Input } from "./read-inputs.ts";

/** Between two readings of a live cluster, in ms: what grows meanwhile is going on now. */
const betweenReadingsMs = 3000;

/** `quorate doctor`: logs, live members, or both. */
export async function runDoctor(names: readonly string[], flags: DoctorFlags): Promise<number> {
  const asksMembers = flags.cluster !== undefined;
  if (names.length === 0 && process.stdin.isTTY && !asksMembers) {
    throw new UsageError(
      "Name logs to read, or give them on standard input, or ask members with --cluster. See --help.",
    );
  }
  const inputs = names.length === 0 && asksMembers ? [] : findInputs(names);
  const cluster = asksMembers ? await readTwice(flags) : undefined;
  const examined = await examine(inputs);
  const report = cluster === undefined ? examined : withCluster(examined, cluster);
  if (flags.svg !== undefined) writePicture(flags.svg, report);
  if (flags.bundle !== undefined) {
    const { writeBundle } = await import("./bundle.ts");
    await writeBundle(flags.bundle, { report, inputs, cluster: cluster?.now });
    process.stderr.write(`${flags.bundle} was written: look into it before you give it away.\n`);
  }
  process.stdout.write(flags.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : doctorText(report, flags));
  if (report.findings.some(({ severity }) => severity === "serious")) return seriousCode;
  const isUnread = inputs.length > 0 && examined.sources.every(({ formats }) => Object.keys(formats).length === 0);
  return isUnread ? exitCodes.failure : exitCodes.done;
}

interface TwoReadings {
  readonly before: ReadCluster;
  readonly now: ReadCluster;
}

async function readTwice(flags: DoctorFlags): Promise<TwoReadings> {
  const endpoints = typeof flags.cluster === "string" ? { endpoints: flags.cluster } : {};
  const place = await placeOf({ ...flags, ...endpoints });
  const before = await readCluster(place);
  await delay(betweenReadingsMs);
  return { before, now: await readCluster(place) };
}

/** What live members show comes first among what is as serious. */
function withCluster(report: Report, { before, now }: TwoReadings): Report {
  const live = examineCluster(before.reading, now.reading);
  const weights = ["serious", "warning", "notice"];
  return {
    ...report,
    members: [...new Set([...now.reading.members.map(({ name }) => name), ...report.members])],
    findings: [...live, ...report.findings].sort((a, b) => weights.indexOf(a.severity) - weights.indexOf(b.severity)),
  };
}

async function examine(inputs: readonly Input[]): Promise<Report> {
  const examination = new Examination({ decode });
  const total = inputs.reduce((sum, { size }) => sum + size, 0);
  const line = progressLine();
  const began = performance.now();
  let read = 0;
  await readInputs(examination, inputs, (bytes) => {
    const before = read;
    read += bytes;
    if (Math.floor(read / reportedBytes) === Math.floor(before / reportedBytes)) return;
    const perSecond = read / Math.max(1, performance.now() - began) / 1000;
    const share = total > 0 ? ` of ${megabytes(total)}` : "";
    line.show(`read ${megabytes(read)}${share} MB, ${perSecond.toFixed(0)} MB/s`);
  });
  line.clear();
  return examination.report();
}

/** Progress is told this often. */
const reportedBytes = 16_000_000;

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}

function decode(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

function writePicture(file: string, report: Report): void {
  try {
    writeFileSync(file, timelineSvg(report));
  } catch (error) {
    throw new FailureError(`${file} could not be written: ${(error as Error).message}`);
  }
}
