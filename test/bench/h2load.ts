import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../harness/quorate-command.ts";
import { framed } from "./grpc-message.ts";
import type { Load, Requests, RunningLoad } from "./load.ts";
import { connectionsFor, shareOf } from "./load.ts";
import { endedChildrenSeconds } from "./processor-time.ts";

/** It goes on for so long after the seconds that count, so that nothing ends before them. */
const overtimeSeconds = 1;

/** Starts h2load for the seconds of the load. Every request is the same. */
export function startH2load(load: Load): RunningLoad {
  const requests = runH2load(load);
  // Awaited by `finish`; until then, a failure must not be an unhandled rejection.
  requests.catch(() => {});
  return { finish: () => requests };
}

/**
 * Runs h2load, one process for each member that is asked. Its own warm-up is not used: what it sends there it does not
 * count, and then the number of writes could not be compared with the revision of the store.
 */
async function runH2load(load: Load): Promise<Requests> {
  // One line of log is written with each answer: in memory, it does not meet the members' syncs on the disk.
  const folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "quorate-h2load-"));
  try {
    const body = join(folder, "body");
    writeFileSync(body, framed(load.operation.message));
    const { connections, streams } = connectionsFor(load.inFlight);
    const usedBefore = endedChildrenSeconds();
    const runs = load.endpoints.map((endpoint, index) =>
      runOne({
        url: `http://${endpoint}${load.operation.path}`,
        connections: shareOf(connections, index, load.endpoints.length),
        streams,
        seconds: load.warmUpSeconds + load.seconds + overtimeSeconds,
        body,
        log: join(folder, `log-${index}`),
      }),
    );
    const all = together(await Promise.all(runs));
    return { ...all, processorSeconds: endedChildrenSeconds() - usedBefore };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Seen = Omit<Requests, "processorSeconds">;

interface OneRun {
  readonly url: string;
  readonly connections: number;
  readonly streams: number;
  readonly seconds: number;
  readonly body: string;
  readonly log: string;
}

async function runOne({ url, connections, streams, seconds, body, log }: OneRun): Promise<Seen> {
  const ended = await runProgram(
    "h2load",
    [
      `--clients=${connections}`,
      `--max-concurrent-streams=${streams}`,
      `--duration=${Math.ceil(seconds)}`,
      `--data=${body}`,
      "--header=content-type: application/grpc",
      "--header=te: trailers",
      `--log-file=${log}`,
      url,
    ],
    { timeoutMs: (seconds + 60) * 1000 },
  );
  if (ended.code !== 0) throw new Error(`h2load failed: ${ended.stdout}${ended.stderr}`);
  return { ...counts(ended.stdout), ...times(readFileSync(log, "latin1")) };
}

function together(all: readonly Seen[]): Seen {
  const sum = (of: (one: Seen) => number) => all.reduce((total, one) => total + of(one), 0);
  const succeeded = sum((one) => one.succeeded);
  return {
    started: sum((one) => one.started),
    succeeded,
    failed: sum((one) => one.failed),
    bodyBytes: sum((one) => one.bodyBytes * one.succeeded) / Math.max(1, succeeded),
    sentMicros: joined(all.map((one) => one.sentMicros)),
    tookMicros: joined(all.map((one) => one.tookMicros)),
  };
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.length;
  }
  return all;
}

function counts(report: string): Omit<Seen, "sentMicros" | "tookMicros"> {
  const number = (pattern: RegExp): number => {
    const text = pattern.exec(report)?.[1];
    if (text === undefined) throw new Error(`h2load's report has no ${pattern.source}:\n${report}`);
    return Number(text);
  };
  const succeeded = number(/(\d+) succeeded/);
  return {
    started: number(/(\d+) started/),
    succeeded,
    failed: number(/(\d+) failed/) + number(/(\d+) errored/) + number(/(\d+) timeout/),
    bodyBytes: number(/\((\d+)\) data/) / Math.max(1, succeeded),
  };
}

/** Lines of start, status and duration, the times in microseconds. */
function times(log: string): Pick<Seen, "sentMicros" | "tookMicros"> {
  const lines = log.split("\n").filter((line) => line !== "");
  const column = (line: string, index: number) => Number(line.split("\t")[index]);
  return {
    sentMicros: Float64Array.from(lines, (line) => column(line, 0)),
    tookMicros: Float64Array.from(lines, (line) => column(line, 2)),
  };
}
