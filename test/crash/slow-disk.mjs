// Loaded into members with NODE_OPTIONS=--import: makes the syncs of the disk's worker thread as slow as a file says, in
// milliseconds, without any change to the code under test. Loading is all that it does in the main thread.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { isMainThread } from "node:worker_threads";

const controlPath = process.env["QUORATE_CRASH_DISK_CONTROL"];
const lookAgainMs = 10;

if (!isMainThread && controlPath !== undefined) {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const delayMs = () => {
    try {
      return Number(fs.readFileSync(controlPath, "utf8"));
    } catch {
      return 0;
    }
  };
  /** Waits first, then syncs. The file is looked at again and again, so that a stall ends when it is told to. */
  const slow = (sync) => (descriptor) => {
    const begun = performance.now();
    for (;;) {
      const leftMs = delayMs() - (performance.now() - begun);
      if (!(leftMs > 0)) return sync(descriptor);
      Atomics.wait(sleeper, 0, 0, Math.min(leftMs, lookAgainMs));
    }
  };
  fs.fdatasyncSync = slow(fs.fdatasyncSync);
  fs.fsyncSync = slow(fs.fsyncSync);
  syncBuiltinESMExports();
}
