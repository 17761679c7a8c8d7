import { writeFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import type { ModelName } from "@quorate/simulator/linearizability";
import { FailureError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { formatOutcome, formatProgress, outcomeToHtml, outcomeToJson } from "./check-report.ts";
import type { CheckOutcome, CheckReply, CheckRequest, HistoryFormat } from "./check-request.ts";

export interface CheckFlags {
  readonly format?: HistoryFormat;
  readonly model?: ModelName;
  readonly maxSteps?: number;
  readonly maxConfigurations?: number;
  readonly json?: boolean;
  readonly svg?: string;
  readonly html?: string;
}

/** How `quorate check` ends: 2 also when the file cannot be read, or a picture not be written. */
const checkCodes = { linearizable: 0, "not-linearizable": 1, unknown: 2 } as const;

/** The worker beside this module: TypeScript source or built JavaScript, whichever this is. */
const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./check-worker.ts" : "./check-worker.js", import.meta.url);

/** `quorate check FILE`: the verdict on a history, by a worker, so that Ctrl-C works at any time. */
export async function runCheck(file: string, flags: CheckFlags): Promise<number> {
  const draw = flags.svg !== undefined || flags.html !== undefined;
  const { format, model, maxSteps, maxConfigurations } = flags;
  let outcome: CheckOutcome;
  try {
    outcome = await ask({ file, format, model, maxSteps, maxConfigurations, draw });
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    process.stderr.write(`quorate: ${file}: ${error.message}\n`);
    return checkCodes.unknown;
  }
  process.stdout.write(flags.json === true ? `${outcomeToJson(file, outcome)}\n` : formatOutcome(file, outcome));
  const [first] = outcome.offending.flatMap(({ svg }) => (svg === undefined ? [] : [svg]));
  const written = [
    flags.svg === undefined || writePicture(flags.svg, first),
    flags.html === undefined || writePicture(flags.html, first && outcomeToHtml(file, outcome)),
  ];
  return written.includes(false) ? checkCodes.unknown : checkCodes[outcome.verdict];
}

/** False when the file could not be written. */
function writePicture(path: string, picture: string | undefined): boolean {
  if (picture === undefined) {
    process.stderr.write(`quorate: nothing to draw, so ${path} was not written\n`);
    return true;
  }
  try {
    writeFileSync(path, picture);
    return true;
  } catch (error) {
    process.stderr.write(`quorate: ${path} could not be written: ${(error as Error).message}\n`);
    return false;
  }
}

function ask(request: CheckRequest): Promise<CheckOutcome> {
  const { promise, resolve, reject } = Promise.withResolvers<CheckOutcome>();
  // The program's own flags do not concern the worker, but for where it finds its packages.
  const execArgv = process.execArgv.filter(
    (flag) => flag.startsWith("--conditions=") || flag.startsWith("--disable-warning"),
  );
  const worker = new Worker(workerUrl, { name: "quorate-check", workerData: request, execArgv });
  const line = progressLine();
  worker.on("message", (reply: CheckReply) => {
    if (reply.kind === "progress") {
      line.show(formatProgress(reply.progress));
      return;
    }
    line.clear();
    if (reply.kind === "outcome") resolve(reply.outcome);
    else reject(new FailureError(reply.problem));
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    line.clear();
    const memory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    reject(memory ? new FailureError("memory was used up; lower --max-configurations, or give node more") : error);
  });
  worker.on("exit", (code) => reject(new FailureError(`the check's worker ended early, with code ${code}`)));
  return promise;
}
