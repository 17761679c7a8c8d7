import type { Callback, Done, HostError } from "@quorate/host";
import { unsealRemoval } from "../compaction/removal-record.ts";
import type { Engine, EngineRecord, EngineSnapshot } from "../engine.ts";
import { compactionKey, prefixes, prefixSpan, stateKey } from "../key-space.ts";
import { unseal } from "../records.ts";
import { emptyRevision, unsealState, type AppliedPosition, type StateRecord } from "../state-record.ts";
import { attempt, inTurn, untilFinished, type Pause } from "../steps.ts";
import { ChangeSection } from "./change-section.ts";
import { ChunkPacker } from "./chunks.ts";
import type { StateSource } from "./interface.ts";
import { itemTypes } from "./items.ts";
import { ClosingSection, JournalSection, VersionSection } from "./plain-sections.ts";
import type { Section } from "./section.ts";
import {
  allKeys,
  decodePoint,
  decodeToken,
  encodeHeader,
  invalidTransfer,
  type TransferHeader,
  type TransferToken,
} from "./transfer-codec.ts";

export interface SourceParts {
  readonly engine: Engine;
  readonly pause: Pause;
  readonly lineage: number;
  /** Passes an error on, and takes note of damage. */
  readonly noted: (error: HostError | undefined) => HostError | undefined;
  readonly open: OpenSources;
}

/** The sources that read from an engine: whoever closes it ends them first. */
export class OpenSources {
  readonly #open = new Set<Endable>();

  add(source: Endable): void {
    this.#open.add(source);
  }

  delete(source: Endable): void {
    this.#open.delete(source);
  }

  /** `done` once none of them reads any more; they answer with `reason` from then on. */
  end(reason: HostError, done: () => void): void {
    const open = [...this.#open];
    this.#open.clear();
    inTurn(open.length, (index, next) => (open[index] as Endable).end(reason, () => next(undefined)), done);
  }
}

interface Endable {
  end(reason: HostError, done: () => void): void;
}

/** An increment is sent where it is estimated at no more than this share of the whole: it is read key by key. */
const largestIncrement = 0.5;
const blocksPerPage = 256;
/** What an item costs beside its record, in bytes, about. */
const itemBytes = 8;

/** Opens a view of what the last checkpoint left: whole, or what a receiver at `since` lacks. */
export function openSource(parts: SourceParts, since: Uint8Array | undefined, done: Callback<StateSource>): void {
  const snapshot = parts.engine.snapshot();
  const fail = (error: HostError): void => {
    snapshot.close();
    done(parts.noted(error), undefined as never);
  };
  snapshot.getMany([stateKey, compactionKey], (error, [state, removal]) => {
    if (error !== undefined) return fail(error);
    const record = attempt(() => presentRecord(state, removal));
    if (record.error !== undefined) return fail(record.error);
    countKeys(snapshot, (error, keyCount) => {
      if (error !== undefined) return fail(error);
      const source = new Source(parts, snapshot, headerFor(parts.lineage, record.value, keyCount, since));
      parts.open.add(source);
      done(undefined, source);
    });
  });
}

/** The record with the bytes that are there still. Throws `DamagedRecordError`. */
function presentRecord(state: Uint8Array | undefined, removal: Uint8Array | undefined): StateRecord {
  const record = unsealState(state);
  return { ...record, historyBytes: Math.max(0, record.historyBytes - unsealRemoval(removal).removedBytes) };
}

function headerFor(
  lineage: number,
  record: StateRecord,
  keyCount: number,
  since: Uint8Array | undefined,
): TransferHeader {
  const whole = record.historyBytes + itemBytes * keyCount;
  const revision = since === undefined ? undefined : decodePoint(since)?.revision;
  const incrementBytes = revision === undefined ? whole : incrementOf(record, revision);
  const isIncrement =
    revision !== undefined &&
    revision > emptyRevision &&
    revision >= record.journalFloor &&
    revision <= record.revision &&
    incrementBytes <= largestIncrement * whole;
  if (!isIncrement) return { lineage, since: undefined, record, keyCount, totalBytes: whole };
  return { lineage, since: revision, record, keyCount, totalBytes: incrementBytes };
}

/** As if all revisions were of the same size. */
function incrementOf({ revision, historyBytes }: StateRecord, since: number): number {
  return Math.ceil((historyBytes * (revision - since)) / Math.max(1, revision - emptyRevision));
}

function countKeys(snapshot: EngineSnapshot, done: Callback<number>): void {
  const iterator = snapshot.iterate(prefixSpan(prefixes.block));
  let count = 0;
  const add = ({ key, value }: EngineRecord): void => {
    count += unseal("block", key, value, (reader) => reader.varint());
  };
  untilFinished(
    (step) => {
      iterator.next(blocksPerPage, (error, page) => {
        const added = attempt(() => page.forEach(add));
        step(error ?? added.error, page.length === 0);
      });
    },
    (error) => {
      iterator.close();
      done(error, count);
    },
  );
}

class Source implements StateSource, Endable {
  readonly header: Uint8Array;
  readonly isIncrement: boolean;
  readonly position: AppliedPosition;
  readonly totalBytes: number;
  readonly #parts: SourceParts;
  readonly #snapshot: EngineSnapshot;
  readonly #header: TransferHeader;
  readonly #packer = new ChunkPacker();
  #held: TransferToken | undefined;
  #sections: Section[] | undefined;
  #isClosed = false;
  #isReading = false;
  #ending: { readonly reason: HostError; readonly done: () => void } | undefined;

  constructor(parts: SourceParts, snapshot: EngineSnapshot, header: TransferHeader) {
    this.#parts = parts;
    this.#snapshot = snapshot;
    this.#header = header;
    this.header = encodeHeader(header);
    this.isIncrement = header.since !== undefined;
    this.position = header.record.position;
    this.totalBytes = header.totalBytes;
  }

  seek(bytes: Uint8Array, done: Done): void {
    const { record, since } = this.#header;
    const token = attempt(() => decodeToken(bytes));
    if (token.error !== undefined) return done(token.error);
    const { through, touched } = token.value;
    const isIncrement = since !== undefined;
    const fits =
      through >= (isIncrement ? since : record.journalFloor) &&
      touched <= record.revision &&
      (!isIncrement || token.value.keys === allKeys);
    if (this.#sections !== undefined || !fits) return done(invalidTransfer("it cannot go on with what is held"));
    this.#held = token.value;
    done(undefined);
  }

  next(done: Callback<Uint8Array | undefined>): void {
    if (this.#ending !== undefined) return done(this.#ending.reason, undefined);
    this.#sections ??= this.#makeSections();
    const sections = this.#sections;
    this.#isReading = true;
    untilFinished(
      (step) => {
        const section = sections[0];
        if (this.#ending !== undefined) return step(this.#ending.reason, true);
        if (section === undefined || this.#packer.isFull) return step(undefined, true);
        section.step(this.#packer, (error, isOver) => {
          if (isOver) {
            section.close();
            sections.shift();
          }
          if (error !== undefined) return step(error, true);
          this.#parts.pause(() => step(undefined, false));
        });
      },
      (error) => {
        this.#isReading = false;
        if (this.#ending !== undefined) this.#finishEnding(this.#ending.done);
        if (error !== undefined) return done(this.#parts.noted(error), undefined);
        done(undefined, this.#packer.take());
      },
    );
  }

  end(reason: HostError, done: () => void): void {
    this.#ending = { reason, done };
    if (!this.#isReading) this.#finishEnding(done);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const section of this.#sections ?? []) section.close();
    this.#snapshot.close();
    this.#parts.open.delete(this);
  }

  #finishEnding(done: () => void): void {
    this.close();
    done();
  }

  #makeSections(): Section[] {
    const { record, since, keyCount } = this.#header;
    const { revision, journalFloor } = record;
    const snapshot = this.#snapshot;
    const closing = new ClosingSection(snapshot, { type: itemTypes.end, revision, keyCount });
    const held = this.#held;
    if (since !== undefined) {
      const through = held?.through ?? since;
      return [new ChangeSection(snapshot, record, { through, keys: allKeys }), closing];
    }
    const sections: Section[] = held === undefined ? [] : [new ChangeSection(snapshot, record, held)];
    return [...sections, new VersionSection(snapshot, held?.keys), new JournalSection(snapshot, journalFloor), closing];
  }
}
