/** One process of the pool: examines its share of the cuts and sends each report to its parent. */
import { loadRecording } from "./record.ts";
import { runCuts } from "./run-cuts.ts";
import type { WorkerOrder, WorkerReply } from "./worker-pool.ts";

const send = (reply: WorkerReply): void => void process.send?.(reply);

process.once("message", (order: WorkerOrder) => {
  const { recordingFolder, cuts, nameOrder, folder, atOnce } = order;
  runCuts({
    recording: loadRecording(recordingFolder),
    cuts,
    order: nameOrder,
    folder,
    atOnce,
    report: (report) => send({ report }),
  }).then(
    () => process.disconnect?.(),
    (error: unknown) => {
      send({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      process.exitCode = 1;
      process.disconnect?.();
    },
  );
});
