import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import type { Replica } from "@quorate/replica";
import type { CommandResult, PlainCommand } from "@quorate/store";
import type { KeyValueState } from "../service-parts.ts";

/** What of the history is kept, as etcd's flags have it. */
export type CompactionPolicy =
  /** That of the last `keepMs`, ms, more than 0. */
  | { readonly mode: "periodic"; readonly keepMs: number }
  /** The last so many revisions, 1 or more. */
  | { readonly mode: "revision"; readonly keepRevisions: number };

export interface AutoCompactionParts {
  readonly policy: CompactionPolicy;
  readonly store: Pick<KeyValueState, "revision" | "compactedRevision">;
  readonly replica: Pick<Replica<CommandResult>, "propose" | "status">;
  readonly encodeCommand: (command: PlainCommand) => Uint8Array;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly timers: Pick<Timers, "after" | "cancel">;
  readonly logger: Logger;
}

/** How often a compaction by count is looked into, and one by time at the least often, in ms: as etcd does. */
const revisionLookMs = 5 * 60 * 1000;
const longestPeriodMs = 60 * 60 * 1000;
/** How often in a period the revision is noted: what is kept is that much too long at most. */
const looksPerPeriod = 10;

/**
 * Compacts by itself. Every member follows what the revision was when, by its own monotonic clock, and whoever leads proposes: so a new
 * leader goes on where the one before was.
 */
export class AutoCompaction {
  readonly #parts: AutoCompactionParts;
  readonly #lookMs: number;
  /** The oldest first. */
  readonly #seen: { readonly atMs: number; readonly revision: number }[] = [];
  #compactedAtMs: number | undefined;
  #timer: TimerHandle | undefined;
  #isStopped = false;

  constructor(parts: AutoCompactionParts) {
    this.#parts = parts;
    const { policy } = parts;
    this.#lookMs = policy.mode === "revision" ? revisionLookMs : periodOf(policy.keepMs) / looksPerPeriod;
    this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
  }

  #look(): void {
    if (this.#isStopped) return;
    this.#timer = this.#parts.timers.after(this.#lookMs, () => this.#look());
    const revision = this.#target();
    const { store, replica } = this.#parts;
    if (revision === undefined || revision <= store.compactedRevision || replica.status.role !== "leader") return;
    this.#compact(revision);
  }

  /** The revision before which nothing need be kept now. */
  #target(): number | undefined {
    const { policy, store, clock } = this.#parts;
    if (policy.mode === "revision") return store.revision - policy.keepRevisions;
    const nowMs = clock.monotonicMs();
    this.#seen.push({ atMs: nowMs, revision: store.revision });
    // Timers come a little early or late: half of a look is no difference.
    const longAgo = nowMs - policy.keepMs + this.#lookMs / 2;
    while ((this.#seen[1]?.atMs ?? Number.POSITIVE_INFINITY) <= longAgo) this.#seen.shift();
    const oldest = this.#seen[0];
    if (oldest === undefined || oldest.atMs > longAgo) return undefined;
    const isDue =
      this.#compactedAtMs === undefined || nowMs - this.#compactedAtMs >= periodOf(policy.keepMs) - this.#lookMs / 2;
    return isDue ? oldest.revision : undefined;
  }

  #compact(revision: number): void {
    const { replica, encodeCommand, clock, logger } = this.#parts;
    replica.propose(encodeCommand({ type: "compact", revision }), (error, outcome) => {
      if (error !== undefined) {
        return logger.warn(`compacting by itself at revision ${revision} did not succeed: ${error.message}`);
      }
      this.#compactedAtMs = clock.monotonicMs();
      // Somebody else may have compacted later ones meanwhile.
      if (outcome.ok) logger.info(`compacted by itself at revision ${revision}`);
    });
  }
}

function periodOf(keepMs: number): number {
  return Math.min(keepMs, longestPeriodMs);
}
