import { entryKinds, readEntry, type Entry, type HardState, type LogPosition } from "@quorate/raft";
import { decodeBatch, frameOffsets, type Batch } from "./batch.ts";
import { LogMap } from "./log-map.ts";
import { segmentHeaderBytes, type SegmentHeader } from "./segment-header.ts";

/** What the batches of all segments add up to. */
export class Replay {
  readonly map: LogMap;
  readonly configurations: Entry[] = [];
  hardState: HardState | undefined;
  quarantined: boolean;
  incarnation: number;
  chain: number;
  /** The newest valid batch, and the newest mark seen. */
  sequence: number;
  mark: number;

  constructor(first: SegmentHeader) {
    this.map = new LogMap(first.base.index >= first.last.index ? first.base : first.last);
    this.hardState = first.hardState;
    this.quarantined = first.quarantined;
    this.incarnation = first.incarnation;
    this.chain = first.chain;
    this.sequence = first.firstBatch - 1;
    this.mark = first.mark;
  }

  /**
   * Replays the valid batches of one segment from its start; returns where they end. Stops at the first that is not whole,
   * not valid, or not the successor of the one before.
   */
  segment(sequence: number, bytes: Uint8Array): number {
    let at = segmentHeaderBytes;
    for (;;) {
      const batch = decodeBatch(bytes, at);
      if (batch === undefined || batch.sequence !== this.sequence + 1 || batch.chain !== this.chain) return at;
      if (!this.#apply(batch, bytes, { segment: sequence, offset: at })) return at;
      at += batch.length;
    }
  }

  /** A new segment repeats the state; its header is the truth from here on. */
  enter(header: SegmentHeader): void {
    this.incarnation = Math.max(this.incarnation, header.incarnation);
    this.mark = header.mark;
    this.quarantined = header.quarantined;
    this.hardState = newest(this.hardState, header.hardState);
    this.sequence = header.firstBatch - 1;
    this.chain = header.chain;
  }

  #apply(batch: Batch, bytes: Uint8Array, place: { segment: number; offset: number }): boolean {
    for (const record of batch.records) {
      const offsets = frameOffsets(bytes, record);
      if (offsets === undefined) return false;
      if (record.truncateFrom !== undefined) this.#truncate(record.truncateFrom);
      for (const offset of offsets) {
        const entry = readEntry(bytes, offset);
        if (entry.index !== this.map.last.index + 1) return false;
        if (offset === offsets[0]) this.map.placed(entry.index, place, batch.length);
        this.map.append(entry.index, entry.term);
        if (entry.kind === entryKinds.configuration) this.configurations.push({ ...entry, frame: entry.frame.slice() });
      }
      this.hardState = newest(this.hardState, record.hardState);
      if (record.base !== undefined) this.#prune(record.base);
    }
    this.sequence = batch.sequence;
    this.mark = Math.max(this.mark, batch.mark);
    this.chain = batch.checksum;
    this.incarnation = Math.max(this.incarnation, batch.incarnation);
    this.quarantined = batch.quarantined;
    return true;
  }

  #truncate(index: number): void {
    this.map.truncateFrom(index);
    while ((this.configurations.at(-1)?.index ?? 0) >= index) this.configurations.pop();
  }

  #prune(base: LogPosition): void {
    this.map.prune(base);
    while (this.configurations.length > 1 && (this.configurations[1] as Entry).index <= base.index) {
      this.configurations.shift();
    }
  }
}

/** The later of two hard states: a term never goes back, and within one a vote is never taken back. */
export function newest(known: HardState | undefined, found: HardState | undefined): HardState | undefined {
  if (known === undefined || found === undefined) return found ?? known;
  if (found.term < known.term) return known;
  if (found.term === known.term && found.vote === 0 && known.vote !== 0) return known;
  return found;
}
