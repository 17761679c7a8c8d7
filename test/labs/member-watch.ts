import type { MemberProcess } from "../harness/member-process.ts";
import { memoryOf, metricsOf } from "./member-facts.ts";

const everyMs = 1000;
/** The percentile of a time needs enough of it: metrics count from one question to the next. */
const metricsEveryMs = 20_000;

/** The most that was seen of a member in a time. */
export interface Peaks {
  /** Between two heartbeats of one leader, as this member saw them. */
  readonly heartbeatGapMs: number;
  /** 99.9th percentile of how late the event loop was, in the worst twenty seconds. */
  readonly loopDelayP999Ms: number;
  readonly loopDelayLongestMs: number;
  /** Memory of its own, and what it maps of its state's files. */
  readonly ownBytes: number;
  readonly fileBytes: number;
}

const none: Peaks = { heartbeatGapMs: 0, loopDelayP999Ms: 0, loopDelayLongestMs: 0, ownBytes: 0, fileBytes: 0 };

/** Looks at members' memory every second and at their metrics every twenty, and keeps the worst. */
export class MemberWatch {
  readonly #members: () => readonly MemberProcess[];
  readonly #peaks = new Map<string, Peaks>();
  readonly #timers: readonly NodeJS.Timeout[];

  constructor(members: () => readonly MemberProcess[]) {
    this.#members = members;
    this.#timers = [
      setInterval(() => this.#lookAtMemory(), everyMs),
      setInterval(() => void this.#lookAtMetrics(), metricsEveryMs),
    ];
  }

  /** Since the last call, by name of the member. */
  async take(): Promise<ReadonlyMap<string, Peaks>> {
    await this.#lookAtMetrics();
    const peaks = new Map(this.#peaks);
    this.#peaks.clear();
    return peaks;
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #lookAtMemory(): void {
    for (const member of this.#members()) this.#raise(member.name, { ...none, ...memoryOf(member) });
  }

  async #lookAtMetrics(): Promise<void> {
    await Promise.all(
      this.#members().map(async (member) => {
        const metrics = await metricsOf(member);
        if (metrics === undefined) return;
        const ms = (name: string): number => Math.round((metrics.get(name) ?? Number.NaN) * 1000);
        this.#raise(member.name, {
          heartbeatGapMs: ms("quorate_raft_heartbeat_gap_longest_seconds"),
          loopDelayP999Ms: ms("quorate_event_loop_delay_p999_seconds"),
          loopDelayLongestMs: ms("quorate_event_loop_delay_longest_seconds"),
          ...memoryOf(member),
        });
      }),
    );
  }

  #raise(name: string, seen: Peaks): void {
    const before = this.#peaks.get(name) ?? none;
    this.#peaks.set(name, {
      heartbeatGapMs: Math.max(before.heartbeatGapMs, seen.heartbeatGapMs),
      loopDelayP999Ms: Math.max(before.loopDelayP999Ms, seen.loopDelayP999Ms),
      loopDelayLongestMs: Math.max(before.loopDelayLongestMs, seen.loopDelayLongestMs),
      ownBytes: Math.max(before.ownBytes, seen.ownBytes),
      fileBytes: Math.max(before.fileBytes, seen.fileBytes),
    });
  }
}
