import type { AppliedCounts } from "./apply.ts";
import { HostError, type Callback, type Done } from "@quorate/host";
import type { Alarm } from "./alarm-operations.ts";
import type { CommittedCommand } from "./apply.ts";
import type { AccessCheck } from "./auth/access-check.ts";
import type { AuthView } from "./auth/auth-state.ts";
import { writeCheckpoint } from "./checkpoint.ts";
import { defragment } from "./compaction/defragmentation.ts";
import { openContents, type StateContents } from "./contents/contents.ts";
import type { EngineHome } from "./engine-home.ts";
import type { StoreLimits } from "./limits.ts";
import type { LiveState } from "./load-state.ts";
import type { CommandResult, RangeOperation, RangeResult, ReadResult, TxnOperation, TxnResult } from "./operations.ts";
import { isDamage } from "./errors.ts";
import type { Pace } from "./pace.ts";
import type { PageOperation, PageResult } from "./page-read.ts";
import { scrubState, type ScrubProgress, type ScrubReport } from "./scrub/scrub.ts";
import type { StateHash } from "./state-hash.ts";
import type { AppliedPosition } from "./state-record.ts";
import type { Pause } from "./steps.ts";
import { StoreReads } from "./store-reads.ts";
import type { Leases } from "./tables/leases.ts";
import type { PublishedMember } from "./tables/members.ts";
import { Replacement } from "./replacement.ts";
import type { StateSource, StateTransfer } from "./transfer/interface.ts";
import { openSource } from "./transfer/state-source.ts";
import { StoreTransfer } from "./transfer/store-transfer.ts";
import { WatchHub } from "./watch/watch-hub.ts";
import type { WatchLimits } from "./watch/watch-limits.ts";

export interface StoreParts {
  readonly live: LiveState;
  readonly home: EngineHome | undefined;
  readonly lineage: number;
  readonly limits: StoreLimits;
  readonly watchLimits: Partial<WatchLimits>;
  readonly pause: Pause;
  readonly background: Pace;
}

const closedError = (): HostError => new HostError("closed", "store", "the store is closed");

/**
 * The MVCC key-value state machine: `StateMachine<CommandResult>` of `@quorate/replica`, and reads beside it. Completions
 * may come at once, from inside of the call. Reads see complete transactions only, and go on while commands are applied
 * and checkpoints written. After an error (a failed disk, a damaged record) the store must be closed.
 */
export class KeyValueStore {
  /** The position of the last checkpoint found at open. */
  readonly restored: AppliedPosition;
  /** For sending this state to other members, and receiving theirs; undefined without a home for the engine. */
  readonly transfer: StateTransfer | undefined;
  /** Tells of what is committed, from any revision on that was not compacted. */
  readonly watches: WatchHub;
  readonly #parts: StoreParts;
  readonly #replacement: Replacement;
  readonly #received: StoreTransfer | undefined;
  readonly #reads: StoreReads;
  #isApplying = false;
  #isCheckpointing = false;
  #isClosed = false;
  #damage: HostError | undefined;
  #tellOfDamage: ((error: HostError) => void) | undefined;

  /** Made by `openStore`. */
  constructor(parts: StoreParts) {
    const { live, home, lineage, limits, pause } = parts;
    this.#parts = parts;
    this.restored = live.record.position;
    const noted = (error: HostError | undefined): HostError | undefined => this.#noted(error);
    this.#replacement = new Replacement(live, { limits, pause }, noted, () => this.watches.replaced());
    this.#reads = new StoreReads({
      replacement: this.#replacement,
      background: parts.background,
      unusable: () => this.#unusable,
      noted,
    });
    this.watches = new WatchHub({
      live: () => this.#live,
      isReplacing: () => this.#replacement.isUnderWay,
      pause,
      noted,
      limits: parts.watchLimits,
    });
    if (home !== undefined) {
      const isIdle = (): boolean => !this.#isApplying && !this.#isCheckpointing && !this.#isClosed;
      const open = (since: Uint8Array | undefined, done: Callback<StateSource>): void => this.openSource(since, done);
      this.#received = new StoreTransfer({
        home,
        lineage,
        limits,
        pause,
        replacement: this.#replacement,
        isIdle,
        open,
      });
    }
    this.transfer = this.#received;
  }

  /** Why nothing is answered any more. */
  get #unusable(): HostError | undefined {
    return this.#isClosed ? closedError() : this.#replacement.failure;
  }

  get #live(): LiveState {
    return this.#replacement.live;
  }

  /** What the engine holds durably: the position of the last checkpoint. */
  get checkpointed(): AppliedPosition {
    return this.#live.record.position;
  }

  /** Calls `listener` once, when a read, a hash or a scrub meets damage: the store must be closed and its state rebuilt. */
  onDamage(listener: (error: HostError) => void): void {
    this.#tellOfDamage = listener;
    if (this.#damage !== undefined) listener(this.#damage);
  }

  /** The newest revision; 1 for an empty store. */
  get revision(): number {
    return this.#live.state.revision;
  }

  /** Revisions before this one can no longer be read; 0 when nothing was compacted. */
  get compactedRevision(): number {
    return this.#live.state.compactedRevision;
  }

  /** Live keys. */
  get keyCount(): number {
    return this.#live.state.counts.total;
  }

  /** Another beginning after a state was installed. */
  get applied(): AppliedCounts {
    return this.#live.applier.counts;
  }

  /** What members published, by member id. */
  get members(): ReadonlyMap<number, PublishedMember> {
    return this.#live.tables.members.published;
  }

  /** Users, roles and permissions. */
  get auth(): AuthView {
    return this.#live.tables.auth.state;
  }

  /** Whether callers may do what they ask for. */
  get access(): AccessCheck {
    return this.#live.access;
  }

  /** The leases of the state that the store works with now: another object after a state was installed. */
  get leases(): Leases {
    return this.#live.tables.leases;
  }

  /** The alarms that are raised, by kind, then by member. */
  get alarms(): readonly Alarm[] {
    return this.#live.tables.alarms.raised;
  }

  /** Memory held by what no checkpoint has taken yet, in bytes: about what one would write. */
  get dirtyBytes(): number {
    const { state, tables } = this.#live;
    return state.overlay.active.bytes + tables.changedBytes;
  }

  /** A compaction was applied: removing what it gave up begins once a checkpoint has taken it. */
  get wantsCheckpoint(): boolean {
    const { state, record } = this.#live;
    return state.compactedRevision > record.compactedRevision;
  }

  /**
   * The whole state, in bytes: history and journal on the engine, and what is still to be written there, reckoned alike, so that a
   * checkpoint by itself neither adds to it nor takes from it.
   */
  get approximateBytes(): number {
    return this.stateBytes + this.#live.state.overlay.unwrittenBytes;
  }

  /** About how many bytes sending the whole state would take (`StateMachine.stateBytes`). */
  get stateBytes(): number {
    return Math.max(0, this.#live.record.historyBytes - this.#live.removal.removedBytes);
  }

  /** Applies committed commands in order. Fails only for what must stop the member: damage, a failing disk. */
  apply(commands: readonly CommittedCommand[], done: Callback<readonly CommandResult[]>): void {
    if (this.#unusable !== undefined) return done(this.#unusable, []);
    if (this.#isApplying || this.#replacement.isUnderWay) {
      return done(new HostError("invalid", "store", "one apply at a time, and none while a state is installed"), []);
    }
    this.#isApplying = true;
    this.#live.applier.apply(commands, (error, results) => {
      this.#isApplying = false;
      done(error, results);
    });
  }

  /** Makes everything applied so far durable, with its position. Starts between two applies; they may go on meanwhile. */
  checkpoint(position: AppliedPosition, done: Done): void {
    if (this.#unusable !== undefined) return done(this.#unusable);
    if (this.#isApplying || this.#isCheckpointing || this.#replacement.isUnderWay) {
      return done(new HostError("invalid", "store", "a checkpoint starts between two applies, one at a time"));
    }
    this.#isCheckpointing = true;
    const live = this.#live;
    const { maxJournalBytes } = this.#parts.limits;
    writeCheckpoint({ ...live, maxJournalBytes, pause: this.#parts.pause }, position, (error, record) => {
      // After a failed write the engine may hold the batch or not; only a restart finds out.
      if (error !== undefined) return done(error);
      this.#isCheckpointing = false;
      live.record = record;
      live.removal.advance(record);
      done(undefined);
    });
  }

  /** Reads one key or a range, at the newest revision or an older one. */
  range(operation: RangeOperation, done: Callback<ReadResult<RangeResult>>): void {
    this.#reads.range(operation, done);
  }

  /** Reads the first keys of a range, as many as the page may hold, and neither looks at nor counts the rest. */
  page(operation: PageOperation, done: Callback<ReadResult<PageResult>>): void {
    this.#reads.page(operation, done);
  }

  /** Runs a transaction of reads, all of them on the state of this moment. One that writes fails with `invalid`. */
  readTxn(txn: TxnOperation, done: Callback<ReadResult<TxnResult>>): void {
    this.#reads.readTxn(txn, done);
  }

  /** Hashes the state at a revision (0 for the newest), in steps: the cost follows the size of the whole history. */
  hash(revision: number, done: Callback<ReadResult<StateHash>>): void {
    this.#reads.hash(revision, done);
  }

  /** Where the newest state can be compared with that of other members (`StateMachine.digestPoint`). */
  digestPoint(): Uint8Array {
    return this.#reads.digestPoint();
  }

  /** Hashes the state at a point that this store or another member's gave (`StateMachine.digest`). */
  digest(point: Uint8Array, done: Callback<Uint8Array | undefined>): void {
    this.#reads.digest(point, done);
  }

  /**
   * Completes once everything is removed from the engine that a compaction at `revision` gave up. It only begins when a
   * checkpoint has taken that compaction: ask for one.
   */
  whenCompacted(revision: number, done: Done): void {
    if (this.#unusable !== undefined) return done(this.#unusable);
    const again = (): void => this.whenCompacted(revision, done);
    if (this.#replacement.holds(again)) return;
    this.#live.removal.whenRemoved(revision, (error) => {
      if (this.#replacement.interrupted(error, again)) return;
      done(this.#noted(error));
    });
  }

  /** Has the engine give back the space of what was removed, in steps, while everything else goes on. */
  defragment(done: Done): void {
    if (this.#unusable !== undefined) return done(this.#unusable);
    if (this.#replacement.holds(() => this.defragment(done))) return;
    const live = this.#live;
    const { engine, state } = live;
    const isEnded = (): boolean => this.#isClosed || this.#replacement.isUnderWay || this.#live !== live;
    const { pause } = this.#parts;
    defragment({ engine, counts: state.counts, bytes: this.stateBytes, pause, isEnded }, (error) => {
      // Nothing was lost: a state that another member sent needs none of it.
      done(isEnded() ? undefined : this.#noted(error));
    });
  }

  /**
   * Reads and checks everything that the last checkpoint left in the engine, in steps; `progress` rises meanwhile. Damage is
   * in the report. An error says that the pass could not be finished.
   */
  scrub(progress: ScrubProgress, done: Callback<ScrubReport | undefined>): void {
    if (this.#unusable !== undefined) return done(this.#unusable, undefined);
    if (this.#replacement.holds(() => this.scrub(progress, done))) return;
    const { background } = this.#parts;
    const { state } = this.#live;
    const view = state.view(state.revision);
    scrubState(view, background, progress, (error, report) => {
      view.close();
      this.#noted(error ?? report.damage);
      done(error, report);
    });
  }

  /**
   * A view of the last checkpoint for another member (`StateTransfer.open`) or for a backup. Must be closed; the store ends it
   * when it is closed itself.
   */
  openSource(since: Uint8Array | undefined, done: Callback<StateSource>): void {
    if (this.#unusable !== undefined) return done(this.#unusable, undefined as never);
    if (this.#replacement.holds(() => this.openSource(since, done))) return;
    const { engine, sources } = this.#live;
    const noted = (error: HostError | undefined): HostError | undefined => this.#noted(error);
    const { lineage, pause } = this.#parts;
    openSource({ engine, open: sources, pause, lineage, noted }, since, done);
  }

  /** Everything that can be read of the last checkpoint, for writing it down in another form. Must be closed. */
  openContents(done: Callback<StateContents>): void {
    if (this.#unusable !== undefined) return done(this.#unusable, undefined as never);
    if (this.#replacement.holds(() => this.openContents(done))) return;
    const { engine, sources: open } = this.#live;
    const { pause } = this.#parts;
    openContents({ engine, open, pause, noted: (error) => this.#noted(error) }, done);
  }

  /**
   * Ends reads under way with `closed`, then closes the engine. Nothing is written: checkpoint before, if wanted. What was
   * received of another state is kept. An installation under way is finished first.
   */
  close(done: Done): void {
    if (this.#isClosed) return done(closedError());
    if (this.#replacement.holds(() => this.close(done))) return;
    this.#isClosed = true;
    this.watches.end(closedError());
    const { engine, state, sources, removal } = this.#live;
    const { failure } = this.#replacement;
    // After a replacement that failed the engine may be closed.
    const closeEngine = (): void => engine.close((error) => done(failure === undefined ? error : undefined));
    const endReceiving = (): void => {
      if (this.#received === undefined) closeEngine();
      else this.#received.end(closeEngine);
    };
    state.endViews(closedError(), () => sources.end(closedError(), () => removal.end(closedError(), endReceiving)));
  }

  /** Passes an error on, and tells of it when it is the first that says that the state is damaged. */
  #noted(error: HostError | undefined): HostError | undefined {
    if (error === undefined || this.#damage !== undefined || !isDamage(error)) return error;
    this.#damage = error;
    this.#tellOfDamage?.(error);
    return error;
  }
}
