import { setTimeout as delay } from "node:timers/promises";
import { verifyLog, WalError, type LogVerdict } from "@quorate/wal";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { findLog } from "./log-place.ts";
import { readOnlyDisk } from "./read-only-disk.ts";
import { verdictText, whatAStartDoes } from "./verify-text.ts";

/** A running member writes while its log is read, which may look like damage: what stays so is none of its doing. */
const attempts = 3;
const pauseMs = 200;

/** `quorate wal verify`: 0 sound, 1 a torn tail, damage, or a log that would be refused; 2 nothing to read. */
export async function runWalVerify(path: string, flags: { readonly json: boolean | undefined }): Promise<number> {
  const { directory, segment } = findLog(path);
  if (segment !== undefined)
    throw new UsageError(`A segment alone proves little: give ${directory}, or use "wal dump".`);
  const verdict = await settledVerdict(directory);
  const text = flags.json === true ? `${verdictJson(verdict)}\n` : verdictText(verdict);
  process.stdout.write(text);
  return verdict.state === "sound" ? exitCodes.done : exitCodes.failure;
}

async function settledVerdict(directory: string): Promise<LogVerdict> {
  for (let attempt = 1; ; attempt++) {
    const outcome = await verdictOf(directory);
    if (!(outcome instanceof Error)) {
      if (outcome.state === "sound" || attempt === attempts) return outcome;
    } else if (attempt === attempts) throw asCommandError(outcome);
    await delay(pauseMs);
  }
}

function verdictOf(directory: string): Promise<LogVerdict | Error> {
  return new Promise((done) => verifyLog(readOnlyDisk(), directory, (error, verdict) => done(error ?? verdict)));
}

function asCommandError(error: Error): Error {
  if (!(error instanceof WalError)) return new UsageError(`The log cannot be read: ${error.message}`);
  const isNothing = error.code === "corrupt" && error.message.includes("no header and no mark");
  if (isNothing) return new UsageError(error.message);
  return new FailureError(`A start will be refused: ${error.message}`);
}

function verdictJson(verdict: LogVerdict): string {
  const { recovered, ...rest } = verdict;
  const { configurations: _, ...told } = recovered;
  return JSON.stringify({ ...rest, recovered: told, start: whatAStartDoes(verdict).join(" ") });
}
