import type { Callback, Done, HostError } from "@quorate/host";
import { BlockCounts, type BlockRecord } from "../block-counts.ts";
import { blockWrite, currentWrite } from "../checkpoint.ts";
import type { Engine } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import type { StoreLimits } from "../limits.ts";
import { JournalWriter } from "../journal.ts";
import { prefixSpan, stateKey } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";
import { unsealVersion } from "../records.ts";
import { emptyRevision, sealState, type AppliedPosition } from "../state-record.ts";
import { attempt, inTurn, type Pause } from "../steps.ts";
import type { TableKind } from "../tables/table.ts";
import { checkTableRecord, tableKinds } from "../tables/tables.ts";
import type { Version } from "../version.ts";
import { applyChanges, historyBytesOf, takeBlockWrites, versionOf } from "./apply-changes.ts";
import { Intake } from "./intake.ts";
import type { StateSink } from "./interface.ts";
import {
  itemTypes,
  type ChangeItem,
  type EndItem,
  type JournalItem,
  type RecordItem,
  type TransferItem,
} from "./items.ts";
import { checkOrder, followsInJournal, received } from "./received.ts";
import { removeRecords } from "./remove-records.ts";
import { sealStaging, stagingKey, type StagingRecord } from "./staging-record.ts";
import { StagingWriter } from "./staging-writer.ts";
import {
  allKeys,
  encodeToken,
  invalidTransfer,
  isHeld,
  type TransferHeader,
  type TransferToken,
} from "./transfer-codec.ts";

/** What a sink needs from the store that it serves. */
export interface SinkParts {
  readonly staging: Engine;
  readonly header: TransferHeader;
  readonly limits: StoreLimits;
  readonly pause: Pause;
  /** The staging engine is closed; `keep` is whether what lies in it is of use later. */
  readonly ended: (keep: boolean, done: Done) => void;
}

/** Makes what is staged, complete and durable the state. `prepare` is called when only a failing disk can stop that any more. */
export type InstallStaged = (prepare: (prepared: Done) => void, done: Done) => void;

const noToken = new Uint8Array(0);

/** Puts a whole state together in the staging engine: its versions in the order of keys, and from these what follows from them. */
export class WholeSink implements StateSink {
  readonly resumeToken: Uint8Array;
  readonly #parts: SinkParts;
  /** Puts the staged state, which is complete and durable, in the place of the present one. */
  readonly #exchange: InstallStaged;
  readonly #intake: Intake;
  readonly #writer: StagingWriter;
  readonly #blocks: BlockCounts;
  readonly #blockKeys: number;
  readonly #journal = new JournalWriter();
  readonly #resumed: TransferToken | undefined;
  #through: number;
  #keys: TransferToken["keys"] | undefined;
  #historyBytes: number;
  #journalBytes = 0;
  #last: TransferItem["type"] | undefined;
  #lastChange = { revision: 0, number: 0 };
  /** Where the journal has come to; it begins with the revision after its floor. */
  #journalAt: { readonly revision: number; readonly number: number | undefined };
  /** The key whose versions are coming, and the newest of them so far. */
  #open: { readonly key: KeyText; newest: Version } | undefined;
  #end: EndItem | undefined;
  #isInstalling = false;

  /** `staged` is what lies in the staging engine already, and `blocks` the counts in it. */
  constructor(
    parts: SinkParts,
    staged: StagingRecord | undefined,
    blocks: readonly BlockRecord[],
    exchange: InstallStaged,
  ) {
    const { header, staging, limits } = parts;
    const { minBlockKeys } = limits;
    this.#parts = parts;
    this.#intake = new Intake(parts.pause, (group, done) => this.#take(group, done));
    this.#exchange = exchange;
    this.#resumed = staged?.held;
    this.resumeToken = staged?.held === undefined ? noToken : encodeToken(staged.held);
    this.#through = staged?.held?.through ?? header.record.revision;
    this.#keys = staged?.held?.keys;
    this.#historyBytes = (staged?.historyBytes ?? 0) - (staged?.journalBytes ?? 0);
    this.#blocks = new BlockCounts(blocks, minBlockKeys);
    // As a checkpoint would split them: half of the largest, so that each can grow for a while.
    this.#blockKeys = Math.ceil(Math.max(minBlockKeys, Math.sqrt(header.keyCount)) / 2);
    this.#journalAt = { revision: header.record.journalFloor, number: undefined };
    this.#writer = new StagingWriter(staging, limits.receiveBatchBytes, () => [
      ...takeBlockWrites(this.#blocks),
      { key: stagingKey, value: sealStaging(this.#record()) },
    ]);
  }

  write(chunk: Uint8Array, done: Done): void {
    this.#intake.write(chunk, done);
  }

  install(done: Callback<AppliedPosition>): void {
    const { record } = this.#parts.header;
    const fail = (error: HostError): void => done(error, record.position);
    const checked = attempt(() => this.#checkComplete());
    const problem = this.#intake.failure ?? checked.error;
    if (problem !== undefined) return fail(problem);
    this.#addClosingRecords();
    this.#writer.settle((error) => {
      if (error !== undefined) return fail(error);
      this.#exchange(
        (prepared) => this.#complete(prepared),
        (error) => done(error, record.position),
      );
    });
  }

  abort(keep: boolean, done: Done): void {
    // What is being installed is decided for, and another's to close.
    if (this.#isInstalling) return done(undefined);
    this.#intake.end(() => this.#writer.settle(() => this.#parts.ended(keep, done)));
  }

  /** The staged engine becomes one that a store can be opened from. */
  #complete(done: Done): void {
    const { staging, header } = this.#parts;
    const journalBytes = this.#journalBytes;
    const value = sealState({ ...header.record, historyBytes: this.#historyBytes + journalBytes, journalBytes });
    const writes = [
      { key: stateKey, value },
      { key: stagingKey, value: undefined },
    ];
    this.#isInstalling = true;
    staging.write(writes, done);
  }

  #record(): StagingRecord {
    const keys = this.#keys;
    const touched = this.#parts.header.record.revision;
    return {
      lineage: this.#parts.header.lineage,
      since: undefined,
      held: keys === undefined ? undefined : { through: this.#through, touched, keys },
      items: 0,
      historyBytes: this.#historyBytes + this.#journalBytes,
      journalBytes: this.#journalBytes,
    };
  }

  #take(group: readonly TransferItem[], done: Done): void {
    const [{ type }] = group as [TransferItem];
    const started = attempt(() => this.#begin(type, group.length));
    if (started.error !== undefined) return done(started.error);
    if (type === itemTypes.change) return this.#takeChanges(group as readonly ChangeItem[], done);
    if (type === itemTypes.unversioned) return this.#clearUnversioned(done);
    const taken = attempt(() => {
      for (const item of group) this.#takeOne(item);
    });
    if (taken.error !== undefined) return done(taken.error);
    this.#writer.room(done);
  }

  /** Another section may end the one before it. Throws `HostError` `invalid`. */
  #begin(type: TransferItem["type"], count: number): void {
    checkOrder(this.#last, type);
    if (count > 1) checkOrder(type, type);
    this.#last = type;
    if (type === itemTypes.change) return;
    // All changes of what is held came before this.
    this.#through = this.#parts.header.record.revision;
    if (type === itemTypes.version) return;
    this.#closeKey();
    this.#keys = allKeys;
  }

  #takeOne(item: TransferItem): void {
    if (item.type === itemTypes.version) this.#takeVersion(item);
    else if (item.type === itemTypes.journal) this.#takeJournal(item);
    else if (item.type === itemTypes.record) this.#takeRecord(item);
    else if (item.type === itemTypes.end) this.#end = item;
  }

  #takeChanges(changes: readonly ChangeItem[], done: Done): void {
    const checked = attempt(() => {
      for (const change of changes) this.#checkChange(change);
    });
    if (checked.error !== undefined) return done(checked.error);
    // What is there of these keys must be read first.
    this.#writer.settle((error) => {
      if (error !== undefined) return done(error);
      applyChanges(this.#parts.staging, this.#blocks, changes, (error, writes) => {
        if (error !== undefined) return done(error);
        for (const write of writes) this.#writer.add(write);
        this.#historyBytes += historyBytesOf(writes);
        this.#through = Math.max(this.#through, (changes.at(-1) as ChangeItem).revision - 1);
        this.#writer.settle(done);
      });
    });
  }

  #checkChange(change: ChangeItem): void {
    const { revision, number, key } = change;
    const before = this.#lastChange;
    const isNext = revision > before.revision || (revision === before.revision && number > before.number);
    const { record } = this.#parts.header;
    const held = this.#resumed;
    const isWanted =
      held !== undefined && revision > held.through && revision <= record.revision && isHeld(held.keys, key);
    if (!isNext || !isWanted) throw invalidTransfer(`change ${revision}.${number} is out of place`);
    received(() => versionOf(change));
    this.#lastChange = { revision, number };
  }

  #takeVersion({ engineKey, sealed }: RecordItem): void {
    const { key, revision, isPut } = received(() => pointOf(engineKey));
    const version = received(() => unsealVersion(key, revision, isPut, sealed, engineKey));
    const open = this.#open;
    const isHere = this.#keys === undefined || !isHeld(this.#keys, key);
    const isNext = open === undefined || key > open.key || (key === open.key && revision > open.newest.revision);
    if (!isHere || !isNext || revision > this.#parts.header.record.revision) {
      throw invalidTransfer(`a version of revision ${revision} is out of place`);
    }
    if (open !== undefined && open.key === key) open.newest = version;
    else {
      this.#closeKey();
      this.#open = { key, newest: version };
    }
    this.#historyBytes += engineKey.length + sealed.length;
    this.#writer.add({ key: engineKey, value: sealed });
  }

  /** All versions of a key are here: what the newest one says of it. */
  #closeKey(): void {
    const open = this.#open;
    this.#open = undefined;
    if (open === undefined) return;
    const { key, newest } = open;
    if (newest.alive) {
      this.#blocks.cutAt(key, this.#blockKeys);
      this.#blocks.add(key, 1);
      this.#blocks.commit();
      this.#writer.add(currentWrite(key, newest));
    }
    this.#keys = key;
  }

  #takeJournal({ revision, number, key, isPut }: JournalItem): void {
    if (!followsInJournal(this.#journalAt, { revision, number })) {
      throw invalidTransfer(`change ${revision}.${number} of the journal is out of place`);
    }
    this.#journalAt = { revision, number };
    this.#addJournal(this.#journal.add(revision, key, isPut));
  }

  #takeRecord({ engineKey, sealed }: RecordItem): void {
    received(() => checkTableRecord({ key: engineKey, value: sealed }));
    this.#writer.add({ key: engineKey, value: sealed });
  }

  #clearUnversioned(done: Done): void {
    this.#addJournal(this.#journal.finish());
    this.#writer.settle((error) => {
      if (error !== undefined) return done(error);
      const clear = (index: number, next: Done): void =>
        removeRecords(this.#parts.staging, prefixSpan((tableKinds[index] as TableKind).prefix), next);
      inTurn(tableKinds.length, clear, done);
    });
  }

  #addJournal(write: ReturnType<JournalWriter["finish"]>): void {
    if (write === undefined) return;
    this.#journalBytes += write.key.length + (write.value?.length ?? 0);
    this.#writer.add(write);
  }

  /** Throws `HostError` `invalid`. */
  #checkComplete(): void {
    const { record, keyCount } = this.#parts.header;
    const end = this.#end;
    if (end === undefined || !this.#intake.isBetweenItems) throw invalidTransfer("it is not complete");
    const counted = this.#blocks.total;
    const journalEnd = this.#journalAt.revision;
    if (
      end.revision !== record.revision ||
      end.keyCount !== keyCount ||
      counted !== keyCount ||
      journalEnd !== record.revision
    ) {
      throw invalidTransfer(
        `it should hold ${keyCount} keys at revision ${record.revision}, and ${counted} came; its journal ends at ${journalEnd}`,
      );
    }
  }

  #addClosingRecords(): void {
    // An engine in which nothing was ever changed has no blocks.
    if (this.#parts.header.record.revision > emptyRevision) this.#writer.add(blockWrite(this.#blocks.first));
  }
}
