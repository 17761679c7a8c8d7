import { uptime } from "node:os";
import type { Clock } from "@quorate/host";

/**
 * Node's clocks.
 *
 * `monotonicMs` is `performance.now()` (CLOCK_MONOTONIC on Linux): about 40 ns to read, resolution below 1 µs.
 *
 * `bootMs`: on Linux the only way to CLOCK_BOOTTIME from Node.js is `os.uptime()`, which reads /proc/uptime: steps of
 * 10 ms, about 6 µs to read. The two clocks tick alike but for suspensions, so the largest distance seen so far, added
 * to the monotonic clock, is the boot time to within 10 ms and never goes back. On macOS and Windows the monotonic clock
 * that Node.js uses counts suspended time itself (mach_continuous_time, QueryPerformanceCounter), so both are one.
 * The distance to `monotonicMs` may therefore grow by up to 10 ms without any suspension, and by no more.
 */
export class NodeClock implements Clock {
  readonly #readUptimeMs: (() => number) | undefined;
  #distanceMs = Number.NEGATIVE_INFINITY;

  constructor() {
    this.#readUptimeMs = process.platform === "linux" ? () => uptime() * 1000 : undefined;
  }

  monotonicMs(): number {
    return performance.now();
  }

  bootMs(): number {
    if (this.#readUptimeMs === undefined) return performance.now();
    // In this order a pause between the two readings makes the distance too small, never too large.
    const uptimeMs = this.#readUptimeMs();
    const monotonicMs = performance.now();
    this.#distanceMs = Math.max(this.#distanceMs, uptimeMs - monotonicMs);
    return monotonicMs + this.#distanceMs;
  }

  wallMs(): number {
    return Date.now();
  }
}
