import type { Done, DurationHistogram, HostError } from "@quorate/host";
import type { Entry, HardState, LogBase, LogIndex, LogPosition, Term } from "@quorate/raft";
import type { LoggedConfiguration } from "./configuration-trail.ts";
import type { WalError } from "./errors.ts";

/** The durable log of one member. Opened by `openWal`. */
export interface Wal {
  /**
   * Queues one record of the core's `persist` effect: drop entries from `truncateFrom` on, then append `entries`, then
   * take `hardState`. All that is queued while a sync runs goes out in the next write (group commit).
   */
  persist(record: WalRecord): void;
  /** The last index and term that are durable, and everything that may be read with `read`. */
  readonly durable: LogPosition;
  /**
   * Reads entries `from` to at most `to`, at least one and then up to `maxBytes` of frames, each verified. Only durable
   * entries are read; asking for others only is a `HostError` of code `invalid`.
   */
  read(from: LogIndex, to: LogIndex, maxBytes: number, done: ReadDone): void;
  /**
   * Forgets entries up to and including `position`, once a checkpoint covers them and they are committed: whole segments
   * are removed in time, and until then the entries stay readable. The configuration in force at the new base stays known.
   * Ignored when the log begins there or later already.
   */
  prune(position: LogPosition): void;
  /**
   * Makes durable, before the state machine switches to a state that another member sent, what the log has to become then:
   * to begin after `intent.position`, unless it holds that entry. A start that finds the state switched (`WalOptions.state`)
   * finishes that; one that finds it as before forgets it. After the switch, hand over the core's record with that base.
   * One at a time. A failure of the disk is also an end of the log (`failed`).
   */
  prepareInstall(intent: InstallIntent, done: Done): void;
  /**
   * The newest position behind which the log's files hold `bytes` or more, where a file begins: what may be pruned when so
   * much is to stay. Undefined where there is none.
   */
  behind(bytes: number): LogPosition | undefined;
  /**
   * What damage had taken has come back: from now on a restart no longer reports it. Until then every opening does, since a
   * member that restarts in between is still without those entries. Harmless without damage.
   */
  healed(): void;
  readonly metrics: WalMetrics;
  /** Completes what is queued, then closes the files. */
  close(done: Done): void;
}

/** The outcome of a read. `WalError` code `pruned`: not in the log; `corrupt`: damaged since it was written. */
export type ReadDone = (error: HostError | WalError | undefined, entries: readonly Entry[]) => void;

/** What a log has to become when a state is installed. */
export interface InstallIntent extends LogBase {
  /** The term of the leader that sent the state: the member's own is not below it once the state is installed. */
  readonly leaderTerm: Term;
}

export interface WalRecord {
  readonly sequence: number;
  readonly truncateFrom: LogIndex | undefined;
  /** A state was installed: unless the log holds the entry at its position, it begins anew after it. Before `entries`. */
  readonly base?: LogBase;
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
}

export interface WalEvents {
  /** Every record up to `sequence` is durable; `last` is where the log ended after that record. */
  stored(sequence: number, last: LogPosition): void;
  /** A write or a sync failed: the member must stop. Never retried (DESIGN §4). Nothing is reported after it. */
  failed(error: HostError | WalError): void;
}

/** What a member finds when it starts. */
export interface Recovered {
  /** Undefined when this member never wrote a hard state: it starts for the first time. */
  readonly hardState: HardState | undefined;
  /** Just before the first entry that the log still holds; {0, 0} before any pruning. */
  readonly base: LogPosition;
  /**
   * The configuration in force at `base`; undefined when the log begins with its first entry, and after damage to the very
   * place that says so.
   */
  readonly baseConfiguration: LoggedConfiguration | undefined;
  /** Where the log ends. */
  readonly last: LogPosition;
  /** The terms of the log as runs: from `firstIndex` on, entries have `term`. Ascending. */
  readonly termRuns: readonly { readonly firstIndex: LogIndex; readonly term: Term }[];
  /** Every entry of kind `configuration` that the log holds, ascending. */
  readonly configurations: readonly Entry[];
  /** What the log's entries take on the disk, about, in bytes. */
  readonly frameBytes: number;
  /** Rises with each opening, durably (`WalOptions.nextIncarnation`). */
  readonly incarnation: number;
  readonly starts: StartHistory;
  /** A torn tail was cut: for people, what and where. */
  readonly tornTail: string | undefined;
  /**
   * Damage at or before the last sync mark: entries that may have been acknowledged are gone. The member keeps term and
   * vote, and is quarantined (DESIGN §4). For people: file, offset, reason. The log ends before the damage, and may end in
   * entries that were replaced later; the commit index is the one that was known where it ends.
   */
  readonly damage: string | undefined;
  /**
   * A state had been switched to another member's, and the log was brought to begin after it: for people. A crash came
   * between the two.
   */
  readonly finishedInstall: string | undefined;
}

/** Which openings a log remembers: peers tell by it whether this disk is the one that they know. */
export interface StartHistory {
  /** Incarnations, ascending, this one last; 128 at most. */
  readonly incarnations: readonly number[];
  /** Whether these are all. If not, older ones are forgotten; where damage was found, all but this one may be. */
  readonly isWhole: boolean;
}

export interface WalMetrics {
  /** Writes that were followed by a sync, records and bytes in them, since opening. */
  readonly syncs: number;
  readonly records: number;
  readonly bytes: number;
  /** Duration of the newest write-and-sync in ms. */
  readonly lastSyncMs: number;
  /** The same, smoothed (exponentially, 1/16). */
  readonly meanSyncMs: number;
  readonly durations: DurationHistogram;
}
