import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { verifyLog, WalError, type LogVerdict } from "@quorate/wal";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { findLog } from "./log-place.ts";
import { readOnlyDisk } from "./read-only-disk.ts";
import { unreadable } from "./unreadable.ts";
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
  if (!(error instanceof WalError)) return unreadable(error);
  if (error.code === "no-log") return withoutLog(error);
  if (error.code === "no-owner") {
    return new UsageError(
      `${error.message}, so nothing says whose log this is. A start, which knows, looks for batches of its member further ` +
        "in: it takes the log for damaged when it finds any, and is refused otherwise.",
    );
  }
  return new FailureError(`A start will be refused: ${error.message}`);
}

/** A member whose log is gone must not vote again in terms in which it has voted (Raft §5.2): its state gives it away. */
function withoutLog({ path, message }: WalError): Error {
  const state = join(dirname(path), "state");
  if (existsSync(state)) {
    return new FailureError(
      `${message}, but there is a state beside it. A start will be refused if that holds anything: put the log back, or ` +
        "remove the member from the cluster and let it join again under a new id.",
    );
  }
  return new UsageError(
    `${message}, and no state beside it. A start will take the member for new and begin an empty log, which is right only ` +
      "for one that has never run: any other would forget its term and vote.",
  );
}

function verdictJson(verdict: LogVerdict): string {
  const { recovered, ...rest } = verdict;
  const { configurations: _, ...told } = recovered;
  return JSON.stringify({ ...rest, recovered: told, start: whatAStartDoes(verdict).join(" ") });
}
