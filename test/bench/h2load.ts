import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runProgram } from "../harness/quorate-command.ts";

export interface Load {
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  /** The request message, without gRPC's prefix. */
  readonly message: Uint8Array;
  readonly connections: number;
  readonly streamsPerConnection: number;
  readonly seconds: number;
}

export interface Measured {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Responses that were no HTTP success. gRPC errors hide behind HTTP 200: the caller checks effects too. */
  readonly failed: number;
  readonly succeeded: number;
  /** Mean bytes of response body: an error has none. */
  readonly bodyBytes: number;
}

/** Runs h2load against one server for a while, after a second of warming up. */
export async function h2load(endpoint: string, load: Load): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-h2load-"));
  try {
    const body = join(folder, "body");
    const log = join(folder, "log");
    writeFileSync(body, framed(load.message));
    const ended = await runProgram(
      "h2load",
      [
        `--clients=${load.connections}`,
        `--max-concurrent-streams=${load.streamsPerConnection}`,
        `--duration=${load.seconds}`,
        "--warm-up-time=1",
        `--data=${body}`,
        "--header=content-type: application/grpc",
        "--header=te: trailers",
        `--log-file=${log}`,
        `http://${endpoint}${load.path}`,
      ],
      { timeoutMs: (load.seconds + 60) * 1000 },
    );
    if (ended.code !== 0) throw new Error(`h2load failed: ${ended.stdout}${ended.stderr}`);
    return { ...parseReport(ended.stdout), ...percentiles(readFileSync(log, "utf8")) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A gRPC message: one byte of flags, the length, the message. */
function framed(message: Uint8Array): Uint8Array {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function parseReport(report: string): Omit<Measured, "p50Ms" | "p99Ms"> {
  const number = (pattern: RegExp): number => {
    const text = pattern.exec(report)?.[1];
    if (text === undefined) throw new Error(`h2load's report has no ${pattern.source}:\n${report}`);
    return Number(text);
  };
  const succeeded = number(/(\d+) succeeded/);
  return {
    perSecond: number(/finished in [^,]+, ([\d.]+) req\/s/),
    succeeded,
    failed: number(/(\d+) failed/) + number(/(\d+) errored/) + number(/(\d+) timeout/),
    bodyBytes: number(/\((\d+)\) data/) / Math.max(1, succeeded),
  };
}

/** From h2load's log: start, status and duration in microseconds of each request. */
function percentiles(log: string): { p50Ms: number; p99Ms: number } {
  const durations = log
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => Number(line.split("\t")[2]) / 1000)
    .sort((left, right) => left - right);
  const at = (share: number) =>
    durations[Math.min(durations.length - 1, Math.floor(durations.length * share))] ?? Number.NaN;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
