import { HostError, type Callback, type Done } from "@quorate/host";
import { unsealRemoval, type RemovalRecord } from "../compaction/removal-record.ts";
import type { EngineRecord } from "../engine.ts";
import { DamagedRecordError, isDamage, type RecordKind } from "../errors.ts";
import { prefixes, prefixSpan, compactionKey, stateKey, type EngineSpan } from "../key-space.ts";
import type { Pace } from "../pace.ts";
import { emptyState, unsealState, type AppliedPosition, type StateRecord } from "../state-record.ts";
import { attempt, inTurn, untilFinished } from "../steps.ts";
import { leaseKind } from "../tables/leases.ts";
import type { TableKind } from "../tables/table.ts";
import { tableKinds } from "../tables/tables.ts";
import type { View } from "../view.ts";
import { AttachmentsCheck } from "./attachments-check.ts";
import { ChangeFingerprints } from "./change-fingerprints.ts";
import { JournalCheck } from "./journal-check.ts";
import { KeysCheck } from "./keys-check.ts";
import { RecordCursor } from "./record-cursor.ts";

/** How far a pass has come. */
export interface ScrubProgress {
  records: number;
  /** Keys and values. */
  bytes: number;
}

/** What one pass found. */
export interface ScrubReport {
  /** Where the checkpoint stood that was read. */
  readonly position: AppliedPosition;
  readonly revision: number;
  readonly records: number;
  readonly bytes: number;
  /** The first damage; the pass ends there. Undefined when everything was read and is right. */
  readonly damage: HostError | undefined;
}

/** Spans in which no record lies. */
const unused: readonly { readonly from: Uint8Array; readonly to: Uint8Array | undefined }[] = gaps();

/**
 * Reads the whole of one checkpoint and checks it: the checksum of every record, and what checksums cannot see, which is
 * whether the records are all there and say the same. What is not yet checkpointed is not read. Gives an error only when
 * the pass could not be finished; damage is in the report.
 */
export function scrubState(view: View, pace: Pace, progress: ScrubProgress, done: Callback<ScrubReport>): void {
  const scrub = new Scrub(view, pace, progress);
  scrub.run((error) => {
    scrub.close();
    if (error !== undefined && !isDamage(error)) return done(error, scrub.report(undefined));
    done(undefined, scrub.report(error));
  });
}

class Scrub {
  readonly #view: View;
  readonly #pace: Pace;
  readonly #progress: ScrubProgress;
  readonly #attachments = new AttachmentsCheck();
  readonly #open: RecordCursor[] = [];
  #state: StateRecord = emptyState;
  #paidBytes = 0;

  constructor(view: View, pace: Pace, progress: ScrubProgress) {
    this.#view = view;
    this.#pace = pace;
    this.#progress = progress;
  }

  run(done: Done): void {
    const parts = [
      (next: Done) => this.#checkGaps(next),
      (next: Done) => this.#readState(next),
      (next: Done) => this.#checkTables(next),
      (next: Done) => this.#checkKeysAndJournal(next),
    ];
    inTurn(parts.length, (index, next) => (parts[index] as (next: Done) => void)(next), done);
  }

  report(damage: HostError | undefined): ScrubReport {
    const { position, revision } = this.#state;
    return { position, revision, records: this.#progress.records, bytes: this.#progress.bytes, damage };
  }

  close(): void {
    for (const cursor of this.#open) cursor.close();
  }

  #checkGaps(done: Done): void {
    inTurn(
      unused.length,
      (index, next) => {
        const iterator = this.#view.snapshot.iterate({ ...(unused[index] as (typeof unused)[number]), keysOnly: true });
        iterator.next(1, (error, records) => {
          iterator.close();
          if (error !== undefined) return next(error);
          const [record] = records;
          if (record !== undefined) {
            return next(new DamagedRecordError("state", record.key, "no record of this store has such a key"));
          }
          next(undefined);
        });
      },
      done,
    );
  }

  #readState(done: Done): void {
    this.#view.snapshot.getMany([stateKey, compactionKey], (error, values) => {
      if (error !== undefined) return done(error);
      const [state, removal] = values;
      const read = attempt(() => {
        this.#state = unsealState(state);
        checkRemoval(unsealRemoval(removal), this.#state);
      });
      if (read.error !== undefined) return done(read.error);
      for (const sealed of values) {
        if (sealed === undefined) continue;
        this.#progress.records++;
        this.#progress.bytes += stateKey.length + sealed.length;
      }
      done(undefined);
    });
  }

  #checkTables(done: Done): void {
    const check = (index: number, next: Done): void => {
      const kind = tableKinds[index] as TableKind;
      const take = (record: EngineRecord): void => {
        if (kind === leaseKind) this.#attachments.takeRecord(record);
        else kind.check(record);
      };
      this.#readAll(kind.name, kind.prefix, take, next);
    };
    inTurn(tableKinds.length, check, done);
  }

  #checkKeysAndJournal(done: Done): void {
    const state = this.#state;
    // Compaction removes versions up to its revision, one after another, and the journal keeps them; and the other way round.
    const fingerprints = new ChangeFingerprints(state.revision, Math.max(state.compactedRevision, state.journalFloor));
    const history = this.#cursor("version", prefixSpan(prefixes.history));
    const current = this.#cursor("metadata", prefixSpan(prefixes.current));
    const keys = new KeysCheck(state, fingerprints, this.#attachments, { history, current });
    const journal = new JournalCheck(state, fingerprints);
    const ends = (check: () => void) => (next: Done) => next(attempt(check).error);
    const parts: readonly ((next: Done) => void)[] = [
      (next) => this.#readAll("block", prefixes.block, (record) => keys.takeBlock(record), next),
      ends(() => keys.checkFirstBlock()),
      (next) => this.#walk([history, current], () => keys.step(), next),
      ends(() => keys.finish()),
      ends(() => this.#attachments.compare()),
      (next) => this.#readAll("journal", prefixes.journal, (record) => journal.take(record), next),
      ends(() => journal.finish()),
      ends(() => fingerprints.compare()),
    ];
    inTurn(parts.length, (index, next) => (parts[index] as (next: Done) => void)(next), done);
  }

  #readAll(kind: RecordKind, prefix: number, take: (record: EngineRecord) => void, done: Done): void {
    const cursor = this.#cursor(kind, prefixSpan(prefix));
    const step = (): boolean => {
      for (let record = cursor.record; record !== undefined; record = cursor.record) {
        take(record);
        cursor.advance();
      }
      return !cursor.needsPage;
    };
    this.#walk([cursor], step, done);
  }

  /** Fetches what the cursors need and steps, in turns, until the step says that it is over. */
  #walk(cursors: readonly RecordCursor[], step: () => boolean, done: Done): void {
    untilFinished((next) => {
      const hungry = cursors.find((cursor) => cursor.needsPage);
      const go = (error: HostError | undefined): void => {
        if (error !== undefined) return next(error, true);
        const stepped = attempt(step);
        if (stepped.error !== undefined || stepped.value) return next(stepped.error, true);
        const bytes = this.#progress.bytes - this.#paidBytes;
        this.#paidBytes = this.#progress.bytes;
        this.#pace(bytes, () => next(this.#view.interrupted(), false));
      };
      if (hungry === undefined) go(undefined);
      else hungry.fetch(go);
    }, done);
  }

  #cursor(kind: RecordKind, span: EngineSpan): RecordCursor {
    const cursor = new RecordCursor(this.#view.snapshot, kind, span, this.#progress);
    this.#open.push(cursor);
    return cursor;
  }
}

/** Removing follows the checkpoint: it never goes beyond what that says was given up. Throws `DamagedRecordError`. */
function checkRemoval({ complete, target }: RemovalRecord, { compactedRevision }: StateRecord): void {
  if (complete <= target && target <= compactedRevision) return;
  const what = `it removes up to revision ${target}, after ${complete}, and the state is compacted at ${compactedRevision}`;
  throw new DamagedRecordError("compaction", compactionKey, what);
}

function isAlone(prefix: number): boolean {
  return prefix === prefixes.state || prefix === prefixes.compaction;
}

function gaps(): { readonly from: Uint8Array; readonly to: Uint8Array | undefined }[] {
  const found: { from: Uint8Array; to: Uint8Array | undefined }[] = [];
  let from = new Uint8Array(0);
  for (const prefix of Object.values(prefixes).sort((a, b) => a - b)) {
    found.push({ from, to: Uint8Array.of(prefix) });
    // Of the state, and of what compaction removes, there is one record; of the others there are many.
    from = isAlone(prefix) ? Uint8Array.of(prefix, 0) : Uint8Array.of(prefix + 1);
  }
  found.push({ from, to: undefined });
  // Of two adjacent kinds there is nothing between.
  return found.filter(({ from: start, to }) => to === undefined || start.length !== to.length || start[0] !== to[0]);
}
