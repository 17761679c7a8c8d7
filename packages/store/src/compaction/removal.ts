import type { Callback, Done, HostError } from "@quorate/host";
import type { Engine, EngineSnapshot, EngineWrite } from "../engine.ts";
import { DamagedRecordError, FormatError } from "../errors.ts";
import { compactionKey, prefixes } from "../key-space.ts";
import type { StoreLimits } from "../limits.ts";
import { emptyRevision, type StateRecord } from "../state-record.ts";
import { attempt, untilFinished, type Pause } from "../steps.ts";
import { HistoryRemovals } from "./history-removals.ts";
import { firstJournalPlace, JournalRemovals, journalPlaceNeeds } from "./journal-removals.ts";
import { sealRemoval, type RemovalRecord } from "./removal-record.ts";
import type { RemovalStep, RemovalWalk } from "./removal-walk.ts";

export interface RemovalParts {
  readonly engine: Engine;
  readonly pause: Pause;
  readonly limits: Pick<StoreLimits, "changeLookupBytes" | "removalBatchVersions">;
}

/** How far a pass has come is made durable after so many steps, even if nothing was to be removed. */
const stepsPerBatch = 4096;
/**
 * Versions that are read at a time for their lengths: about so many bytes, by the size of those before, and never more than these, since
 * any of them may be as large as a request.
 */
const mostLookups = 16;
const lookupBytes = 512 * 1024;

const noFrom = new Uint8Array(0);

/**
 * Removes from the engine what compaction gave up, off the loop and in steps, each batch with the place where to go on: so a
 * restart goes on there. It follows the compacted revision of the last checkpoint: what is removed can never be asked for
 * again by what the log replays.
 */
export class Removal {
  readonly #parts: RemovalParts;
  #record: RemovalRecord;
  #state: StateRecord | undefined;
  #isRunning = false;
  #ending: { readonly reason: HostError; readonly done: () => void } | undefined;
  #waiting: { readonly revision: number; readonly done: Done }[] = [];
  #tellOfFailure: ((error: HostError) => void) | undefined;
  #averageBytes = 64 * 1024;

  constructor(parts: RemovalParts, record: RemovalRecord) {
    this.#parts = parts;
    this.#record = record;
  }

  /** Bytes that were removed from the engine since it was made. */
  get removedBytes(): number {
    return this.#record.removedBytes;
  }

  /** Everything that compaction gave up to this revision is removed. */
  get complete(): number {
    return this.#record.complete;
  }

  onFailure(listener: (error: HostError) => void): void {
    this.#tellOfFailure = listener;
  }

  /** A checkpoint is durable, and this is what it wrote. */
  advance(state: StateRecord): void {
    this.#state = state;
    if (!this.#isRunning) this.#begin();
  }

  /** Completes once everything is removed that a compaction at `revision` gave up; that must come into a checkpoint. */
  whenRemoved(revision: number, done: Done): void {
    if (this.#ending !== undefined) return done(this.#ending.reason);
    if (this.#record.complete >= revision) return done(undefined);
    this.#waiting.push({ revision, done });
  }

  /** Stops; whoever waits is answered with `reason`. `done` once nothing is read or written any more. */
  end(reason: HostError, done: () => void): void {
    this.#ending = { reason, done };
    this.#fail(reason);
    if (!this.#isRunning) done();
  }

  #begin(): void {
    const state = this.#state;
    if (this.#ending !== undefined || state === undefined || state.compactedRevision <= this.#record.complete) return;
    this.#isRunning = true;
    const snapshot = this.#parts.engine.snapshot();
    const opened = attempt(() => this.#open(snapshot, state));
    if (opened.error !== undefined) return this.#finish(snapshot, undefined, opened.error);
    const walk = opened.value;
    this.#run(snapshot, walk, (error) => this.#finish(snapshot, walk, error));
  }

  /** Goes on with what a crash broke off, or begins a pass for the revision that was compacted last. */
  #open(snapshot: EngineSnapshot, state: StateRecord): RemovalWalk {
    const { complete, target, from } = this.#record;
    if (target > complete) {
      if (from[0] !== prefixes.journal) return new HistoryRemovals(snapshot, target, from);
      if (state.journalFloor <= journalNeeds(from)) return new JournalRemovals(snapshot, target, from);
      // The journal has forgotten the rest of what changed.
      return new HistoryRemovals(snapshot, target, noFrom);
    }
    const { compactedRevision, journalFloor, historyBytes } = state;
    this.#record = { ...this.#record, target: compactedRevision, from: noFrom };
    const since = Math.max(complete, emptyRevision);
    const lookups = (compactedRevision - since) * this.#parts.limits.changeLookupBytes;
    const isCheap = lookups <= historyBytes - this.#record.removedBytes;
    if (journalFloor <= since && isCheap) {
      return new JournalRemovals(snapshot, compactedRevision, firstJournalPlace(since));
    }
    return new HistoryRemovals(snapshot, compactedRevision, noFrom);
  }

  #run(snapshot: EngineSnapshot, walk: RemovalWalk, done: Done): void {
    const { removalBatchVersions } = this.#parts.limits;
    let versions: Uint8Array[] = [];
    let steps = 0;
    untilFinished((step) => {
      walk.next((error, found: RemovalStep) => {
        if (error !== undefined || this.#ending !== undefined) return step(error, true);
        versions.push(...found.versions);
        steps++;
        const { from } = found;
        const next = (error: HostError | undefined): void => {
          if (error !== undefined || from === undefined) return step(error, true);
          this.#parts.pause(() => step(undefined, this.#ending !== undefined));
        };
        if (from !== undefined && versions.length < removalBatchVersions && steps < stepsPerBatch)
          return next(undefined);
        const removed = versions;
        versions = [];
        steps = 0;
        this.#remove(snapshot, removed, from, next);
      });
    }, done);
  }

  #remove(snapshot: EngineSnapshot, keys: readonly Uint8Array[], from: Uint8Array | undefined, done: Done): void {
    this.#bytesOf(snapshot, keys, (error, bytes) => {
      if (error !== undefined) return done(error);
      const { target, complete } = this.#record;
      const record: RemovalRecord = {
        complete: from === undefined ? target : complete,
        target,
        from: from ?? noFrom,
        removedBytes: this.#record.removedBytes + bytes,
      };
      const writes: EngineWrite[] = keys.map((key) => ({ key, value: undefined }));
      writes.push({ key: compactionKey, value: sealRemoval(record) });
      this.#parts.engine.write(writes, (error) => {
        if (error === undefined) this.#record = record;
        done(error);
      });
    });
  }

  /** How much these records take, a bounded piece at a time. */
  #bytesOf(snapshot: EngineSnapshot, keys: readonly Uint8Array[], done: Callback<number>): void {
    let at = 0;
    let total = 0;
    untilFinished(
      (step) => {
        const count = Math.max(1, Math.min(mostLookups, Math.floor(lookupBytes / this.#averageBytes)));
        const page = keys.slice(at, at + count);
        at += page.length;
        if (page.length === 0) return step(undefined, true);
        snapshot.getMany(page, (error, values) => {
          if (error !== undefined) return step(error, true);
          const bytes = values.reduce((sum, value) => sum + (value?.length ?? 0), 0);
          this.#averageBytes = Math.max(64, bytes / page.length);
          for (const key of page) total += key.length;
          total += bytes;
          this.#parts.pause(() => step(undefined, false));
        });
      },
      (error) => done(error, total),
    );
  }

  #finish(snapshot: EngineSnapshot, walk: RemovalWalk | undefined, error: HostError | undefined): void {
    walk?.close();
    snapshot.close();
    this.#isRunning = false;
    const ending = this.#ending;
    if (ending !== undefined) return ending.done();
    if (error !== undefined) {
      this.#tellOfFailure?.(error);
      return this.#fail(error);
    }
    const { complete } = this.#record;
    const over = this.#waiting.filter(({ revision }) => revision <= complete);
    this.#waiting = this.#waiting.filter(({ revision }) => revision > complete);
    for (const { done } of over) done(undefined);
    if (!this.#isRunning) this.#begin();
  }

  #fail(reason: HostError): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { done } of waiting) done(reason);
  }
}

/** Throws `DamagedRecordError`. */
function journalNeeds(from: Uint8Array): number {
  try {
    return journalPlaceNeeds(from);
  } catch (error) {
    if (error instanceof FormatError) throw new DamagedRecordError("compaction", compactionKey, error.message);
    throw error;
  }
}
