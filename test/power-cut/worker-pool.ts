import { fork } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { CutReport } from "./check-cut.ts";
import type { Cut } from "./cut.ts";
import type { NameOrder } from "./survivors.ts";

export interface WorkerOrder {
  readonly recordingFolder: string;
  readonly cuts: readonly Cut[];
  readonly nameOrder: NameOrder;
  readonly folder: string;
  readonly atOnce: number;
}

export type WorkerReply = { readonly report: CutReport } | { readonly failed: string };

export interface PoolOptions {
  readonly recordingFolder: string;
  /** In ascending order of their positions. */
  readonly cuts: readonly Cut[];
  readonly nameOrder: NameOrder;
  /** Where directories are rebuilt. Those of cuts with findings stay. */
  readonly folder: string;
  readonly report: (report: CutReport) => void;
}

/** Most of an examination is the time of an election. */
const cutsAtOnce = 8;

/** Examines cuts in as many processes as there are cores, at most four. Rejects when one of them fails. */
export async function runInPool({ recordingFolder, cuts, nameOrder, folder, report }: PoolOptions): Promise<void> {
  const processes = Math.max(1, Math.min(4, availableParallelism(), Math.ceil(cuts.length / cutsAtOnce)));
  const share = Math.ceil(cuts.length / processes);
  const orders = Array.from({ length: processes }, (_, index): WorkerOrder => {
    const own = cuts.slice(index * share, (index + 1) * share);
    return { recordingFolder, cuts: own, nameOrder, folder: join(folder, `worker-${index}`), atOnce: cutsAtOnce };
  });
  await Promise.all(orders.map((order) => runWorker(order, report)));
}

function runWorker(order: WorkerOrder, report: (report: CutReport) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const path = fileURLToPath(new URL("./cut-worker.ts", import.meta.url));
    const worker = fork(path, {
      execArgv: ["--conditions=@quorate/source", "--disable-warning=ExperimentalWarning"],
      // What a test runner sets for its own children is not meant for this one.
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
      serialization: "json",
    });
    let failed: string | undefined;
    let missing = order.cuts.length;
    worker.on("message", (reply: WorkerReply) => {
      if ("failed" in reply) failed = reply.failed;
      else {
        missing--;
        report(reply.report);
      }
    });
    worker.on("error", reject);
    worker.on("exit", (code, signal) => {
      if (failed !== undefined) reject(new Error(failed));
      else if (missing > 0) reject(new Error(`a worker ended (${signal ?? code}) with ${missing} cuts unexamined`));
      else resolve();
    });
    worker.send(order);
  });
}

/** A new folder for files that are written and read a lot: in memory, where the system has such a place. */
export function fastFolder(): string {
  const memory = "/dev/shm";
  return mkdtempSync(join(existsSync(memory) ? memory : tmpdir(), "quorate-power-cut-"));
}
