import type { Entry } from "./entry.ts";
import type { RecoveredLog } from "./interface.ts";
import { invariant } from "./invariant.ts";
import { LogBytes } from "./log-bytes.ts";
import { TermRuns, type TermRun } from "./term-runs.ts";
import type { LogIndex, LogPosition, Term } from "./types.ts";

/**
 * The log as the core sees it (Raft §5.3): the term of every entry, and the entries themselves from some point on. Entries
 * that are applied and durable may leave memory; the durable log still has them, and a `load` effect brings them back.
 *
 * Always: base <= applied <= handed <= commit, handed <= durable <= last.
 */
export class RaftLog {
  #base: LogPosition;
  readonly #terms: TermRuns;
  #bytes: LogBytes;
  readonly #cacheBytes: number;
  /** Entries in memory: `#window[#head]` has index `#firstInMemory`; what lies before is let go. */
  #window: (Entry | undefined)[] = [];
  #head = 0;
  #firstInMemory: LogIndex;
  #windowBytes = 0;
  #lastIndex: LogIndex;
  #commit: LogIndex;
  /** Frames after the commit index, in bytes: the leader's quota. */
  #uncommittedBytes = 0;
  /** Frames after the applied index, in bytes: the follower's bound. */
  #unappliedBytes = 0;
  /** The last index that our own disk holds. */
  durable: LogIndex;
  /** The last index handed over for applying. */
  handed: LogIndex;
  #applied: LogIndex;

  constructor(recovered: RecoveredLog, applied: LogIndex, commit: LogIndex, cacheBytes: number) {
    this.#base = recovered.base;
    this.#terms = new TermRuns(recovered.termRuns);
    this.#cacheBytes = cacheBytes;
    this.#lastIndex = recovered.last.index;
    this.durable = recovered.last.index;
    this.#applied = applied;
    this.handed = applied;
    this.#commit = Math.max(applied, Math.min(commit, recovered.last.index));
    this.#window = [...recovered.entries];
    this.#firstInMemory = recovered.entries[0]?.index ?? recovered.last.index + 1;
    const inMemory = recovered.entries.reduce((bytes, entry) => bytes + entry.frame.length, 0);
    const bytesBefore = Math.max(0, (recovered.frameBytes ?? 0) - inMemory);
    this.#bytes = new LogBytes(this.base.index, this.#firstInMemory - 1, bytesBefore);
    for (const entry of recovered.entries) {
      this.#windowBytes += entry.frame.length;
      this.#unappliedBytes += entry.frame.length;
      this.#bytes.append(entry.index, entry.frame.length);
      if (entry.index > this.#commit) this.#uncommittedBytes += entry.frame.length;
    }
    invariant(
      this.#applied >= this.base.index &&
        this.#applied <= this.#lastIndex &&
        this.#firstInMemory <= Math.max(this.#applied, this.base.index) + 1,
      "the recovered log covers everything after the applied index",
      { base: this.base.index, applied, last: this.#lastIndex, firstInMemory: this.#firstInMemory },
    );
  }

  /** Just before the first entry that the log holds. */
  get base(): LogPosition {
    return this.#base;
  }

  get lastIndex(): LogIndex {
    return this.#lastIndex;
  }

  get last(): LogPosition {
    return { index: this.#lastIndex, term: this.termAt(this.#lastIndex) as Term };
  }

  get commit(): LogIndex {
    return this.#commit;
  }

  get applied(): LogIndex {
    return this.#applied;
  }

  get firstInMemory(): LogIndex {
    return this.#firstInMemory;
  }

  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  get unappliedBytes(): number {
    return this.#unappliedBytes;
  }

  get cachedBytes(): number {
    return this.#windowBytes;
  }

  /** The term of the entry at `index`; undefined before the base and after the end (never 0: pitfall B35). */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.base.index) return this.base.term;
    if (index < this.base.index || index > this.#lastIndex) return undefined;
    return this.#terms.runAt(index)?.term;
  }

  /** The run of one term that holds `index`, which must be an entry's. */
  runAt(index: LogIndex): TermRun {
    const run = this.#terms.runAt(index);
    invariant(run !== undefined && index <= this.#lastIndex, "the log has a term for the index", { index });
    return run;
  }

  /**
   * The last position at or before `index` whose term is not above `term`: where two logs may still agree. It takes one
   * step for each term, not for each entry (Raft §5.3, end). At worst it is the base.
   */
  lastNotAbove(index: LogIndex, term: Term): LogPosition {
    let at = Math.min(index, this.#lastIndex);
    while (at > this.base.index) {
      const run = this.runAt(at);
      if (run.term <= term) return { index: at, term: run.term };
      at = run.firstIndex - 1;
    }
    return this.base;
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      invariant(entry.index === this.#lastIndex + 1, "entries are appended without a gap", {
        index: entry.index,
        last: this.#lastIndex,
      });
      this.#lastIndex = entry.index;
      this.#terms.append(entry.index, entry.term);
      this.#window.push(entry);
      this.#windowBytes += entry.frame.length;
      this.#uncommittedBytes += entry.frame.length;
      this.#unappliedBytes += entry.frame.length;
      this.#bytes.append(entry.index, entry.frame.length);
    }
  }

  /** Drops entries from `index` on. What is committed is never dropped. */
  truncateFrom(index: LogIndex): void {
    invariant(index > this.#commit, "a committed entry is never truncated", { index, commit: this.#commit });
    while (this.#lastIndex >= index) {
      const dropped = this.#window.pop() as Entry;
      this.#windowBytes -= dropped.frame.length;
      this.#uncommittedBytes -= dropped.frame.length;
      this.#unappliedBytes -= dropped.frame.length;
      this.#bytes.drop(dropped.frame.length);
      this.#lastIndex--;
    }
    this.#terms.truncateFrom(index);
    this.durable = Math.min(this.durable, this.#lastIndex);
  }

  commitTo(index: LogIndex): void {
    invariant(index >= this.#commit && index <= this.#lastIndex, "the commit index only rises, within the log", {
      index,
      commit: this.#commit,
      last: this.#lastIndex,
    });
    for (let at = this.#commit + 1; at <= index; at++) this.#uncommittedBytes -= this.entryAt(at).frame.length;
    this.#commit = index;
  }

  /** The entry at `index`, which must be in memory. */
  entryAt(index: LogIndex): Entry {
    const entry = this.#window[this.#head + index - this.#firstInMemory];
    invariant(entry !== undefined && entry.index === index, "the entry is in memory", {
      index,
      firstInMemory: this.#firstInMemory,
      last: this.#lastIndex,
    });
    return entry;
  }

  /** Entries from `from` to at most `to`: at least one, then up to `maxBytes` of frames. They must be in memory. */
  slice(from: LogIndex, to: LogIndex, maxBytes: number): Entry[] {
    const entries: Entry[] = [];
    let bytes = 0;
    for (let at = from; at <= to; at++) {
      const entry = this.entryAt(at);
      bytes += entry.frame.length;
      if (entries.length > 0 && bytes > maxBytes) break;
      entries.push(entry);
    }
    return entries;
  }

  /** Committed and durable entries that were not handed over yet; marks them as handed. */
  takeCommitted(): Entry[] {
    const to = Math.min(this.#commit, this.durable);
    if (to <= this.handed) return [];
    const entries = this.slice(this.handed + 1, to, Number.POSITIVE_INFINITY);
    this.handed = to;
    return entries;
  }

  /** Everything up to `index` is applied; entries that nobody needs soon leave memory, oldest first. */
  appliedTo(index: LogIndex): void {
    invariant(index <= this.handed, "only what was handed over is applied", { index, handed: this.handed });
    for (let at = this.#applied + 1; at <= index; at++) this.#unappliedBytes -= this.entryAt(at).frame.length;
    this.#applied = Math.max(this.#applied, index);
    const mayGo = Math.min(this.#applied, this.durable);
    while (this.#windowBytes > this.#cacheBytes && this.#firstInMemory <= mayGo) this.#forgetOldest();
    this.#compactWindow();
  }

  /** The log begins after `position` from now on, which it holds and which is applied. */
  prune(position: LogPosition): void {
    invariant(
      position.index <= this.#applied && this.termAt(position.index) === position.term,
      "only what is applied is pruned",
      { position, base: this.base, applied: this.#applied, term: this.termAt(position.index) },
    );
    while (this.#firstInMemory <= position.index) this.#forgetOldest();
    this.#compactWindow();
    this.#base = position;
    this.#terms.pruneTo(position.index);
    this.#bytes.pruneTo(position.index);
  }

  /** The state holds everything up to `index`, which the log holds too: what comes after it stays. */
  heldByState(index: LogIndex): void {
    this.durable = Math.max(this.durable, index);
    if (index > this.#commit) this.commitTo(index);
    this.handed = Math.max(this.handed, index);
    if (index > this.#applied) this.appliedTo(index);
  }

  /** The state holds everything up to `position`, where our log says otherwise, or ends before: nothing of it stays. */
  beginAnew(position: LogPosition): void {
    invariant(position.index > this.#commit, "a log that holds what is committed goes on", {
      position,
      commit: this.#commit,
    });
    this.#base = position;
    this.#terms.clear();
    this.#bytes = new LogBytes(position.index, position.index, 0);
    this.#window = [];
    this.#head = 0;
    this.#firstInMemory = position.index + 1;
    this.#windowBytes = 0;
    this.#uncommittedBytes = 0;
    this.#unappliedBytes = 0;
    this.#lastIndex = position.index;
    this.#commit = position.index;
    this.durable = position.index;
    this.handed = position.index;
    this.#applied = position.index;
  }

  /** Frames of the entries after `index`, to the end of the log, in bytes, about. */
  bytesAfter(index: LogIndex): number {
    return this.#bytes.after(index);
  }

  #forgetOldest(): void {
    this.#windowBytes -= (this.#window[this.#head] as Entry).frame.length;
    this.#window[this.#head] = undefined;
    this.#head++;
    this.#firstInMemory++;
  }

  #compactWindow(): void {
    if (this.#head <= 1024 || this.#head <= this.#window.length / 2) return;
    this.#window = this.#window.slice(this.#head);
    this.#head = 0;
  }
}
