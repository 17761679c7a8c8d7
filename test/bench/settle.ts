import { setTimeout as delay } from "node:timers/promises";
import { processSeconds } from "./processor-time.ts";

const lookMs = 250;
/** Of one processor, all the processes together: idle members send heartbeats. */
const quietShare = 0.15;
const longestMs = 8000;

/**
 * Waits until the members are quiet, so that what one load leaves behind (checkpoints, compaction, buffers written back)
 * is not counted against the next. Gives up after some seconds: on a busy machine they never are.
 */
export async function settle(pids: readonly number[]): Promise<void> {
  const total = () => pids.reduce((sum, pid) => sum + processSeconds(pid), 0);
  const deadline = performance.now() + longestMs;
  let before = total();
  for (;;) {
    await delay(lookMs);
    const now = total();
    if (now - before < (quietShare * lookMs) / 1000 || performance.now() > deadline) return;
    before = now;
  }
}
