import type { Callback, Done } from "@quorate/host";
import { ByteWriter } from "../byte-writer.ts";
import { seal } from "../records.ts";
import type { AppliedPosition } from "../state-record.ts";
import { attempt } from "../steps.ts";
import { checkTableRecord } from "../tables/tables.ts";
import { versionOf } from "./apply-changes.ts";
import { Intake } from "./intake.ts";
import type { StateSink } from "./interface.ts";
import { itemTypes, writeItem, type ChangeItem, type EndItem, type TransferItem } from "./items.ts";
import { checkOrder, followsInJournal, received } from "./received.ts";
import { sealStaging, stagedItemKey, stagingKey, type StagingRecord } from "./staging-record.ts";
import { StagingWriter } from "./staging-writer.ts";
import { allKeys, encodeToken, invalidTransfer } from "./transfer-codec.ts";
import type { InstallStaged, SinkParts } from "./whole-sink.ts";

/**
 * Keeps an increment in the staging engine, item by item, verified, until all of it is there. Only then is the present state
 * changed (`increment-installation.ts`).
 */
export class IncrementSink implements StateSink {
  readonly resumeToken: Uint8Array;
  readonly #parts: SinkParts;
  /** Applies the staged items, which are complete and durable, to the present state. */
  readonly #apply: (items: number) => InstallStaged;
  readonly #intake: Intake;
  readonly #writer: StagingWriter;
  readonly #scratch = new ByteWriter();
  readonly #since: number;
  #at: { readonly revision: number; readonly number: number | undefined };
  /** Every revision up to this one is complete with the first `#completeItems`. */
  #through: number;
  #completeItems: number;
  #items: number;
  #last: TransferItem["type"] | undefined;
  #end: EndItem | undefined;
  #isInstalling = false;

  /** `staged` is what lies in the staging engine already, or what an empty one would say. */
  constructor(parts: SinkParts, staged: StagingRecord, apply: (items: number) => InstallStaged) {
    this.#parts = parts;
    this.#intake = new Intake(parts.pause, (group, done) => this.#take(group, done));
    this.#apply = apply;
    this.#since = staged.since ?? 0;
    this.#through = staged.held?.through ?? this.#since;
    this.#completeItems = staged.items;
    this.#items = staged.items;
    this.#at = { revision: this.#through, number: undefined };
    this.resumeToken = staged.held === undefined ? new Uint8Array(0) : encodeToken(staged.held);
    this.#writer = new StagingWriter(parts.staging, parts.limits.receiveBatchBytes, () => [
      { key: stagingKey, value: sealStaging(this.#record()) },
    ]);
  }

  write(chunk: Uint8Array, done: Done): void {
    this.#intake.write(chunk, done);
  }

  install(done: Callback<AppliedPosition>): void {
    const { record, keyCount } = this.#parts.header;
    const end = this.#end;
    const isComplete = end?.revision === record.revision && end.keyCount === keyCount && this.#intake.isBetweenItems;
    if (this.#intake.failure !== undefined) return done(this.#intake.failure, record.position);
    if (!isComplete || this.#at.revision !== record.revision) {
      return done(invalidTransfer("it is not complete"), record.position);
    }
    this.#writer.settle((error) => {
      if (error !== undefined) return done(error, record.position);
      const prepare = (prepared: Done): void => {
        this.#isInstalling = true;
        prepared(undefined);
      };
      this.#apply(this.#items)(prepare, (error) => done(error, record.position));
    });
  }

  abort(keep: boolean, done: Done): void {
    // What is being installed is decided for, and another's to close.
    if (this.#isInstalling) return done(undefined);
    this.#intake.end(() => this.#writer.settle(() => this.#parts.ended(keep, done)));
  }

  #record(): StagingRecord {
    const touched = this.#parts.header.record.revision;
    return {
      lineage: this.#parts.header.lineage,
      since: this.#since,
      held: { through: this.#through, touched, keys: allKeys },
      items: this.#completeItems,
      historyBytes: 0,
      journalBytes: 0,
    };
  }

  #take(group: readonly TransferItem[], done: Done): void {
    const taken = attempt(() => {
      for (const item of group) this.#takeOne(item);
    });
    if (taken.error !== undefined) return done(taken.error);
    this.#writer.room(done);
  }

  /** Throws `HostError` `invalid`. */
  #takeOne(item: TransferItem): void {
    checkOrder(this.#last, item.type);
    this.#last = item.type;
    if (item.type === itemTypes.version || item.type === itemTypes.journal) {
      throw invalidTransfer(`an increment holds no item of type ${item.type}`);
    }
    if (item.type === itemTypes.change) this.#checkChange(item);
    else this.#complete(this.#at.revision);
    if (item.type === itemTypes.record) received(() => checkTableRecord({ key: item.engineKey, value: item.sealed }));
    if (item.type === itemTypes.end) this.#end = item;
    this.#stage(item);
  }

  #checkChange(change: ChangeItem): void {
    const { revision, number } = change;
    if (!followsInJournal(this.#at, change) || revision > this.#parts.header.record.revision) {
      throw invalidTransfer(`change ${revision}.${number} follows ${this.#at.revision}.${this.#at.number ?? "any"}`);
    }
    received(() => versionOf(change));
    if (revision > this.#at.revision) this.#complete(this.#at.revision);
    this.#at = { revision, number };
  }

  /** All that came of a revision, and of those before it, is there. */
  #complete(revision: number): void {
    if (revision === this.#through) return;
    this.#through = revision;
    this.#completeItems = this.#items;
  }

  #stage(item: TransferItem): void {
    const contents = writeItem(this.#scratch, item);
    const head = this.#scratch.take();
    const key = stagedItemKey(this.#items++);
    const value = seal(key, (into) => {
      into.bytes(head);
      if (contents !== undefined) into.bytes(contents);
    });
    this.#writer.add({ key, value });
  }
}
