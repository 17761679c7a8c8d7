import type { Callback, Done } from "@quorate/host";
import { BlockCounts, type BlockRecord } from "../block-counts.ts";
import { blockWrite } from "../checkpoint.ts";
import type { Engine, EngineRecord, EngineWrite } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { JournalWriter } from "../journal.ts";
import { prefixes, prefixSpan, stateKey } from "../key-space.ts";
import { seal, unseal } from "../records.ts";
import { emptyRevision, sealState, unsealState, type StateRecord } from "../state-record.ts";
import { attempt, inTurn, untilFinished, type Pause } from "../steps.ts";
import type { TableKind } from "../tables/table.ts";
import { tableKinds } from "../tables/tables.ts";
import { applyChanges, bytesOf, historyBytesOf } from "./apply-changes.ts";
import { itemTypes, readItem, type ChangeItem, type TransferItem } from "./items.ts";
import { removeRecords } from "./remove-records.ts";
import { stagedItemKey } from "./staging-record.ts";
import { readRecord, writeRecord } from "./transfer-codec.ts";

/**
 * An increment that is complete in the staging engine becomes part of the state: from the moment at which this record is in the
 * state's engine, the state is the new one, and whoever finds the record finishes the work. Until then nothing was changed.
 * Each batch moves the record on, so that none is taken twice.
 */
export interface IncrementInstallation {
  /** What the state will be; bytes and floor of the journal are the state's own. */
  readonly target: StateRecord;
  readonly keyCount: number;
  /** Items in the staging engine, and how many of them are taken. */
  readonly items: number;
  readonly taken: number;
  /** The journal's last change so far. */
  readonly journalAt: { readonly revision: number; readonly number: number };
  readonly addedHistoryBytes: number;
  readonly addedJournalBytes: number;
}

/** No record of a state has this key; one that has it is not finished. */
export const installationKey = Uint8Array.of(0x69);

/** Items that are applied in one batch; the engine gives about 512 KiB of them at most. */
const itemsPerBatch = 256;

export interface InstallationParts {
  readonly engine: Engine;
  readonly staging: Engine;
  /** The counts in `engine`. */
  readonly blocks: readonly BlockRecord[];
  readonly minBlockKeys: number;
  readonly pause: Pause;
}

function sealInstallation(installation: IncrementInstallation): Uint8Array {
  return seal(installationKey, (into) => {
    writeRecord(into, installation.target);
    into.varint(installation.keyCount);
    into.varint(installation.items);
    into.varint(installation.taken);
    into.varint(installation.journalAt.revision);
    into.varint(installation.journalAt.number);
    into.varint(installation.addedHistoryBytes);
    into.varint(installation.addedJournalBytes);
  });
}

/** What a crash has broken off. Throws `HostError`. */
export function readInstallation(engine: Engine): IncrementInstallation | undefined {
  const sealed = engine.getSync(installationKey);
  if (sealed === undefined) return undefined;
  return unseal("state", installationKey, sealed, (reader) => ({
    target: readRecord(reader),
    keyCount: reader.varint(),
    items: reader.varint(),
    taken: reader.varint(),
    journalAt: { revision: reader.varint(), number: reader.varint() },
    addedHistoryBytes: reader.varint(),
    addedJournalBytes: reader.varint(),
  }));
}

/** Decides for the new state, durably. `record` is that of the present one. */
export function beginInstallation(
  engine: Engine,
  record: StateRecord,
  increment: Pick<IncrementInstallation, "target" | "keyCount" | "items">,
  done: Callback<IncrementInstallation>,
): void {
  const { journalFloor } = record;
  const installation: IncrementInstallation = {
    ...increment,
    target: { ...increment.target, journalFloor },
    taken: 0,
    journalAt: { revision: record.revision, number: 0 },
    addedHistoryBytes: 0,
    addedJournalBytes: 0,
  };
  engine.write([{ key: installationKey, value: sealInstallation(installation) }], (error) => done(error, installation));
}

/** Takes what is left of the staged items into the engine. An error of code `corrupt` says that the state is damaged now. */
export function finishInstallation(parts: InstallationParts, begun: IncrementInstallation, done: Done): void {
  const { engine, pause } = parts;
  const present = attempt(() => unsealState(engine.getSync(stateKey)));
  if (present.error !== undefined) return done(present.error);
  const work = new Installation(parts, present.value, begun);
  untilFinished((step) => {
    work.step((error, isOver) => {
      if (error !== undefined || isOver) return step(error, true);
      pause(() => step(undefined, false));
    });
  }, done);
}

class Installation {
  readonly #parts: InstallationParts;
  readonly #present: StateRecord;
  readonly #blocks: BlockCounts;
  readonly #journal: JournalWriter;
  #at: IncrementInstallation;

  constructor(parts: InstallationParts, present: StateRecord, begun: IncrementInstallation) {
    this.#parts = parts;
    this.#present = present;
    this.#at = begun;
    this.#blocks = new BlockCounts(parts.blocks, parts.minBlockKeys);
    this.#journal = new JournalWriter(begun.journalAt);
  }

  /** One batch; completes with whether it was the last. */
  step(done: Callback<boolean>): void {
    this.#read((error, items) => {
      if (error !== undefined) return done(error, true);
      const [first] = items;
      if (first === undefined) return done(missingItem(this.#at.taken), true);
      const end = items.findIndex(({ type }) => type !== first.type);
      const group = end < 0 ? items : items.slice(0, end);
      if (first.type === itemTypes.change) return this.#takeChanges(group as readonly ChangeItem[], done);
      if (first.type === itemTypes.unversioned) return this.#clearUnversioned(done);
      if (first.type === itemTypes.end) return this.#finish(done);
      this.#takeRecords(group, done);
    });
  }

  #read(done: Callback<readonly TransferItem[]>): void {
    const { taken, items } = this.#at;
    const snapshot = this.#parts.staging.snapshot();
    const iterator = snapshot.iterate({ from: stagedItemKey(taken), to: stagedItemKey(items) });
    iterator.next(itemsPerBatch, (error, records) => {
      iterator.close();
      snapshot.close();
      if (error !== undefined) return done(error, []);
      const read = attempt(() => records.map((record, index) => stagedItem(record, taken + index)));
      if (read.error !== undefined) return done(read.error, []);
      done(undefined, read.value);
    });
  }

  #takeChanges(items: readonly ChangeItem[], done: Callback<boolean>): void {
    // What was applied here since the increment was asked for is in the state already.
    const changes = items.filter(({ revision }) => revision > this.#present.revision);
    applyChanges(this.#parts.engine, this.#blocks, changes, (error, writes) => {
      if (error !== undefined) return done(error, true);
      const journal = this.#journalOf(changes);
      const { revision, number } = changes.at(-1) ?? this.#at.journalAt;
      this.#at = {
        ...this.#at,
        journalAt: { revision, number },
        addedHistoryBytes: this.#at.addedHistoryBytes + historyBytesOf(writes),
        addedJournalBytes: this.#at.addedJournalBytes + bytesOf(journal),
      };
      this.#write([...writes, ...journal], items.length, done);
    });
  }

  #journalOf(changes: readonly ChangeItem[]): EngineWrite[] {
    const writes: EngineWrite[] = [];
    const keep = (write: EngineWrite | undefined): void => {
      if (write !== undefined) writes.push(write);
    };
    for (const { revision, key, isPut } of changes) keep(this.#journal.add(revision, key, isPut));
    keep(this.#journal.finish());
    return writes;
  }

  #clearUnversioned(done: Callback<boolean>): void {
    const { engine } = this.#parts;
    const clear = (index: number, next: Done): void =>
      removeRecords(engine, prefixSpan((tableKinds[index] as TableKind).prefix), next);
    inTurn(tableKinds.length, clear, (error) => {
      if (error !== undefined) return done(error, true);
      this.#write([], 1, done);
    });
  }

  #takeRecords(items: readonly TransferItem[], done: Callback<boolean>): void {
    const writes = items.flatMap((item) =>
      item.type === itemTypes.record ? [{ key: item.engineKey, value: item.sealed }] : [],
    );
    this.#write(writes, items.length, done);
  }

  #write(writes: readonly EngineWrite[], items: number, done: Callback<boolean>): void {
    this.#at = { ...this.#at, taken: this.#at.taken + items };
    const marker = { key: installationKey, value: sealInstallation(this.#at) };
    this.#parts.engine.write([...writes, marker], (error) => done(error, error !== undefined));
  }

  #finish(done: Callback<boolean>): void {
    const { target, keyCount, addedHistoryBytes, addedJournalBytes } = this.#at;
    if (this.#blocks.total !== keyCount) {
      const what = `${this.#blocks.total} keys live after an increment, and ${keyCount} do where it came from`;
      return done(new DamagedRecordError("block", Uint8Array.of(prefixes.block), what), true);
    }
    const record: StateRecord = {
      ...target,
      historyBytes: this.#present.historyBytes + addedHistoryBytes + addedJournalBytes,
      journalBytes: this.#present.journalBytes + addedJournalBytes,
    };
    const blocks = target.revision > emptyRevision ? [blockWrite(this.#blocks.first)] : [];
    const last: EngineWrite[] = [
      ...blocks,
      { key: stateKey, value: sealState(record) },
      { key: installationKey, value: undefined },
    ];
    this.#parts.engine.write(last, (error) => done(error, true));
  }
}

/** Throws `DamagedRecordError`: what was decided for cannot be done any more. */
function stagedItem({ key, value }: EngineRecord, number: number): TransferItem {
  const expected = stagedItemKey(number);
  if (!expected.every((byte, at) => key[at] === byte)) throw missingItem(number);
  return unseal("state", key, value, (reader) => readItem(reader.rest()));
}

function missingItem(number: number): DamagedRecordError {
  return new DamagedRecordError(
    "state",
    stagedItemKey(number),
    `item ${number} of the increment being installed is missing`,
  );
}
