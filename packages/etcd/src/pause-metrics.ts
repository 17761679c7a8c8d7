import { monitorEventLoopDelay } from "node:perf_hooks";
import { Gauge, type Registry } from "prom-client";
import type { ServiceParts } from "./service-parts.ts";

/** How often the event loop is looked at, in ms. */
const resolutionMs = 10;

/** Metrics of what stands between a member and an election that nobody needs: late heartbeats, and a busy event loop. */
export function pauseMetrics(registry: Registry, { replica }: ServiceParts): void {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs });
  delay.enable();
  const registers = [registry];
  const gap: Gauge = new Gauge({
    name: "quorate_raft_heartbeat_gap_longest_seconds",
    help: "Longest time between two heartbeats of one leader that this follower saw in the last minute.",
    registers,
    collect: () => gap.set(replica.status.longestHeartbeatGapMs / 1000),
  });
  const lateness = (name: string, what: string, nanoseconds: () => number): Gauge => {
    const gauge: Gauge = new Gauge({
      name,
      help: `${what} by which the event loop was late, since the last time that metrics were asked for.`,
      registers,
      collect: () => gauge.set(Math.max(0, nanoseconds() / 1e6 - resolutionMs) / 1000),
    });
    return gauge;
  };
  lateness("quorate_event_loop_delay_p999_seconds", "99.9th percentile of the time", () => delay.percentile(99.9));
  // Metrics are collected in the order in which they were made: this one is the last to read.
  lateness("quorate_event_loop_delay_longest_seconds", "Longest time", () => {
    const { max } = delay;
    delay.reset();
    return max;
  });
}
