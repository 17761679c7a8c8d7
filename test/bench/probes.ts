import { fork } from "node:child_process";
import { closeSync, fdatasyncSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { percentile } from "./statistics.ts";

/** What the machine itself can do, in milliseconds. */
export interface Probes {
  /** One write of 512 bytes into a file that is there already, and fdatasync. */
  readonly syncMs: Spread;
  /** There and back over TCP on loopback, 300 bytes each way, between two Node.js processes. */
  readonly roundTripMs: Spread;
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
}

/**
 * The least that a put can take with one client: to the leader and back, to a follower and back, and one sync (the
 * leader's own and the follower's are at the same time).
 */
export function leastPutMs({ syncMs, roundTripMs }: Probes): number {
  return syncMs.p50 + 2 * roundTripMs.p50;
}

export async function probe(): Promise<Probes> {
  return { syncMs: probeSync(500), roundTripMs: await probeRoundTrip(5000) };
}

/** In the folder where the members keep their data. */
function probeSync(times: number): Spread {
  const folder = mkdtempSync(join(tmpdir(), "quorate-probe-"));
  const file = openSync(join(folder, "file"), "w");
  try {
    const bytes = new Uint8Array(512);
    writeSync(file, new Uint8Array(bytes.length * times), 0, bytes.length * times, 0);
    fsyncSync(file);
    return spreadOf(times, (index) => {
      bytes.fill(index);
      writeSync(file, bytes, 0, bytes.length, index * bytes.length);
      fdatasyncSync(file);
    });
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

function spreadOf(times: number, run: (index: number) => void): Spread {
  const took = Float64Array.from({ length: times }, (_, index) => {
    const from = performance.now();
    run(index);
    return performance.now() - from;
  });
  return spread(took);
}

async function probeRoundTrip(times: number): Promise<Spread> {
  const child = fork(fileURLToPath(new URL("./echo-server.ts", import.meta.url)), {
    execArgv: ["--disable-warning=ExperimentalWarning"],
  });
  try {
    const port = await new Promise<number>((resolve, reject) => {
      child.once("message", (message) => resolve(message as number));
      child.once("error", reject);
      child.once("exit", () => reject(new Error("the echo server ended")));
    });
    return await roundTrips(port, times);
  } finally {
    child.kill();
  }
}

function roundTrips(port: number, times: number): Promise<Spread> {
  return new Promise((resolve, reject) => {
    const bytes = Buffer.alloc(300);
    const took = new Float64Array(times);
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    let received = 0;
    let index = 0;
    let from = performance.now();
    const send = () => {
      from = performance.now();
      socket.write(bytes);
    };
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      received += chunk.length;
      if (received < bytes.length) return;
      received = 0;
      took[index] = performance.now() - from;
      index += 1;
      if (index < times) {
        send();
        return;
      }
      socket.destroy();
      resolve(spread(took));
    });
  });
}

function spread(took: Float64Array): Spread {
  const ascending = took.toSorted();
  return { p50: percentile(ascending, 0.5), p99: percentile(ascending, 0.99) };
}
