import { writeFileSync } from "node:fs";
import { Examination, timelineSvg, type Report } from "@quorate/doctor";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { seriousCode, type DoctorFlags } from "./doctor-flags.ts";
import { doctorText } from "./doctor-text.ts";
import { findInputs, readInputs } from "./read-inputs.ts";

/** `quorate doctor` on logs. */
export async function runDoctor(names: readonly string[], flags: DoctorFlags): Promise<number> {
  if (names.length === 0 && process.stdin.isTTY) {
    throw new UsageError("Name logs to read, or give them on standard input. See quorate doctor --help.");
  }
  const report = await examine(names);
  if (flags.svg !== undefined) writePicture(flags.svg, report);
  process.stdout.write(flags.json === true ? `${JSON.stringify(report, undefined, 2)}\n` : doctorText(report, flags));
  if (report.findings.some(({ severity }) => severity === "serious")) return seriousCode;
  return report.sources.every(({ formats }) => Object.keys(formats).length === 0) ? exitCodes.failure : exitCodes.done;
}

export async function examine(names: readonly string[]): Promise<Report> {
  const inputs = findInputs(names);
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
    const share = total > 0 ? ` of ${megabytes(total)} MB` : "";
    line.show(`read ${megabytes(read)}${share}, ${perSecond.toFixed(0)} MB/s`);
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
