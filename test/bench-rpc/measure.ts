import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { processSeconds } from "../bench/processor-time.ts";
import { benchPath } from "./message.ts";

export interface Load {
  readonly connections: number;
  /** Calls in flight on each. */
  readonly streams: number;
  readonly seconds: number;
  /** A file with the framed request. */
  readonly body: string;
}

export interface Measured {
  readonly callsPerSecond: number;
  /** Of the server, user and system, per call. */
  readonly cpuMicros: number;
}

/** Starts a contender, puts load on it, and ends it. Throws when a single call fails. */
export async function measure(contender: string, load: Load): Promise<Measured> {
  const script = fileURLToPath(new URL("./serve.ts", import.meta.url));
  const server = spawn(process.execPath, [...process.execArgv, script, contender], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  try {
    const [port] = (await once(createInterface(server.stdout), "line")) as [string];
    // The first calls meet code that is not compiled yet.
    await h2load(port, { ...load, seconds: 2 });
    const before = processSeconds(server.pid as number);
    const calls = await h2load(port, load);
    const cpuSeconds = processSeconds(server.pid as number) - before;
    return { callsPerSecond: calls / load.seconds, cpuMicros: (cpuSeconds / calls) * 1e6 };
  } finally {
    await ended(server);
  }
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = once(server, "exit");
  server.stdin?.end();
  await exit;
}

/** How many calls succeeded. */
async function h2load(port: string, { connections, streams, seconds, body }: Load): Promise<number> {
  const flags = [
    `--clients=${connections}`,
    `--max-concurrent-streams=${streams}`,
    `--duration=${seconds}`,
    `--data=${body}`,
    "--header=content-type: application/grpc",
    "--header=te: trailers",
    `http://127.0.0.1:${port}${benchPath}`,
  ];
  const loader = spawn("h2load", flags, { stdio: ["ignore", "pipe", "inherit"] });
  let report = "";
  loader.stdout.on("data", (chunk) => (report += String(chunk)));
  await once(loader, "close");
  const counts = /(\d+) succeeded, (\d+) failed, (\d+) errored, (\d+) timeout/.exec(report);
  // An error of gRPC is an answer without a message: then there is less data than calls.
  const dataBytes = Number(/\((\d+)\) data/.exec(report)?.[1] ?? 0);
  const succeeded = Number(counts?.[1] ?? 0);
  const unwanted = Number(counts?.[2]) + Number(counts?.[3]) + Number(counts?.[4]);
  if (counts === null || unwanted > 0 || dataBytes < succeeded * 35 * 0.99)
    throw new Error(`h2load failed:\n${report}`);
  return succeeded;
}
