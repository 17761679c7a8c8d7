import { CorruptFrameError, entryKinds, type Entry, type HardState } from "@quorate/raft";
import type { BatchHeader } from "./batch.ts";
import { ConfigurationTrail } from "./configuration-trail.ts";
import { formatVersion, type Base, type DamagePlace, type Standing } from "./format.ts";
import type { FoundIntent } from "./install-intent.ts";
import { LogShape, whyNotFollow } from "./log-shape.ts";
import { PositionIndex } from "./position-index.ts";
import type { SegmentHeader } from "./segment-header.ts";
import { SegmentTable } from "./segment-table.ts";
import { configurationsOf, entriesOf, type FoundBatch } from "./segment-window.ts";

/** How many starts are told, with the present one. */
const rememberedStarts = 128;

/** A batch that the log holds. */
export interface BatchPlace {
  readonly segment: number;
  readonly offset: number;
  readonly length: number;
}

/** The log as its segments and batches say it, taken in one after the other. */
export class Replay {
  readonly shape: LogShape;
  readonly index = new PositionIndex();
  readonly segments = new SegmentTable();
  configurations: Entry[] = [];
  /** The same from the base on, and what was in force there. */
  readonly trail = new ConfigurationTrail();
  /** The format of the segment that the log ends in. */
  version = formatVersion;
  hardState: HardState | undefined;
  incarnation = 0;
  /** The starts whose batches the log holds, ascending, the last ones if there were many. */
  starts: number[] = [];
  /** Whether `starts` are all that there ever were on this disk. */
  knowsAllStarts: boolean;
  firstSegment: number;
  /** Damage that an earlier opening cut off and that is not made good. */
  damage: DamagePlace | undefined;
  /** Of the last batch. */
  sequence = 0;
  chain = 0;
  lastBatch: BatchPlace | undefined;
  readonly #onEntry: ((entry: Entry) => void) | undefined;

  /** @param base the newest that is known: what it covers is not looked at, wherever it lies */
  constructor(base: Base, onEntry: ((entry: Entry) => void) | undefined) {
    this.shape = new LogShape(base.position);
    this.firstSegment = base.firstSegment;
    this.knowsAllStarts = base.firstSegment === 1;
    this.#onEntry = onEntry;
  }

  get standing(): Standing {
    const { incarnation, hardState, firstSegment } = this;
    return { incarnation, hardState, base: { position: this.shape.base, firstSegment } };
  }

  /** The log goes on in this segment. */
  enter(header: SegmentHeader): void {
    this.segments.add(header.segment, header.start.index);
    this.version = header.version;
    this.sequence = header.batchSequence;
    this.chain = header.predecessor.chain;
    const isFirstAfterDamage = header.damage !== undefined && !this.#isKnownDamage(header);
    this.damage = header.damage;
    this.lastBatch = undefined;
    if (header.start.index < this.shape.last.index) this.#truncateFrom(header.start.index + 1);
    this.#take(header.standing);
    if (isFirstAfterDamage) this.#forgetStarts();
  }

  /**
   * Whether a segment repeats the damage that one before it was begun for: every segment does, until the damage is healed. Where
   * the ones before are gone, it shows in the sequence of batches, which damage interrupts.
   */
  #isKnownDamage({ damage, batchSequence, predecessor }: SegmentHeader): boolean {
    if (this.damage === undefined) return this.starts.length === 0 && batchSequence === predecessor.batchSequence;
    return this.damage.segment === damage?.segment && this.damage.offset === damage.offset;
  }

  /** Takes in the next batch, or says why it cannot be the next. */
  apply(batch: FoundBatch): string | undefined {
    const { header } = batch;
    if (header.sequence !== this.sequence + 1)
      return `batch ${header.sequence} where ${this.sequence + 1} was expected`;
    if (header.previousChain !== this.chain) return `batch ${header.sequence} does not continue the batch before it`;
    const entries = readEntries(batch);
    if (typeof entries === "string") return entries;
    const repeated = configurationsOf(batch);
    if (repeated === undefined) return `the configurations of batch ${header.sequence} are damaged`;
    const base = Math.max(this.shape.base.index, header.standing.base.position.index);
    const held = entries.filter((entry) => entry.index > base);
    const after = this.shape.endAfter(header.truncateFrom, header.standing.base.position);
    const wrong = whyNotFollow(after.index, held);
    if (wrong !== undefined) return wrong;
    if (header.beginsAnew) this.#beginAnew(header.standing.base);
    this.trail.recall(repeated);
    if (header.truncateFrom > 0 && !header.beginsAnew) this.#truncateFrom(header.truncateFrom);
    this.#take(header.standing);
    this.trail.append(entries);
    this.#append(entries, held, header);
    if (header.isRepaired) this.damage = undefined;
    this.lastBatch = { segment: this.segments.active.segment, offset: header.offset, length: header.length };
    this.segments.extend(header.offset + header.length);
    this.sequence = header.sequence;
    this.chain = header.chain;
    return undefined;
  }

  /**
   * The base may be younger than the entries after it: those were cut off in favour of others that came later, and where
   * damage has taken the cut, what is left of them does not belong behind this base.
   */
  dropOlderThanBase(): void {
    const { base, termRuns } = this.shape;
    if ((termRuns[0]?.term ?? base.term) < base.term) this.#truncateFrom(base.index + 1);
  }

  /** What a brand-new log started with; its entries are in the shape already. */
  takeInitial(entries: readonly Entry[], hardState: HardState): void {
    this.hardState = hardState;
    for (const entry of entries) this.#tell(entry);
  }

  /** The log begins anew after an installed state, which the opening makes durable. */
  takeInstalled({ position }: FoundIntent, hardState: HardState): void {
    this.hardState = hardState;
    this.configurations = [];
    if (!this.shape.holds(position)) this.shape.beginAnew(position);
  }

  #take({ incarnation, hardState, base }: Standing): void {
    if (incarnation > this.incarnation) this.#noteStart(incarnation);
    if (hardState !== undefined) this.hardState = hardState;
    this.firstSegment = Math.max(this.firstSegment, base.firstSegment);
    if (base.position.index <= this.shape.base.index) return;
    this.shape.rebase(base.position);
    this.configurations = this.configurations.filter((entry) => entry.index > this.shape.base.index);
  }

  #noteStart(incarnation: number): void {
    this.incarnation = incarnation;
    this.starts.push(incarnation);
    if (this.starts.length < rememberedStarts) return;
    this.starts.shift();
    this.knowsAllStarts = false;
  }

  /** Damage before here may have taken any of them along, the newest too: those that come now are the oldest known. */
  #forgetStarts(): void {
    this.starts = [];
    this.knowsAllStarts = false;
  }

  /** In a segment of its own: what comes before it is over, whatever of it is still there. */
  #beginAnew({ position, firstSegment }: Base): void {
    // A newer base is known: the log was pruned since.
    if (position.index > this.shape.base.index) this.shape.beginAnew(position);
    else this.shape.truncateFrom(this.shape.base.index + 1);
    this.index.truncateFrom(0);
    this.configurations = [];
    this.trail.truncateFrom(0);
    this.segments.beginAnew(position.index);
    this.firstSegment = Math.max(this.firstSegment, firstSegment);
  }

  #truncateFrom(index: number): void {
    this.trail.truncateFrom(index);
    this.shape.truncateFrom(index);
    this.index.truncateFrom(index);
    while (this.configurations.length > 0 && (this.configurations.at(-1) as Entry).index >= index) {
      this.configurations.pop();
    }
  }

  #append(entries: readonly Entry[], held: readonly Entry[], { offset, length }: BatchHeader): void {
    const first = entries[0];
    if (first === undefined) return;
    this.shape.append(held);
    this.index.add(first.index, this.segments.active.segment, offset, length);
    for (const entry of held) this.#tell(entry);
  }

  #tell(entry: Entry): void {
    if (entry.kind === entryKinds.configuration) this.configurations.push({ ...entry, frame: entry.frame.slice() });
    this.#onEntry?.(entry);
  }
}

function readEntries(batch: FoundBatch): Entry[] | string {
  try {
    return entriesOf(batch);
  } catch (error) {
    if (!(error instanceof CorruptFrameError)) throw error;
    return `an entry of batch ${batch.header.sequence} is damaged: ${error.message}`;
  }
}
