import type { LogIndex } from "./types.ts";

interface Sample {
  readonly index: LogIndex;
  /** Frames up to and including `index`, in bytes, counted from some point before the first sample. */
  readonly bytes: number;
}

/** Log bytes between two samples, at first. */
const initialSpacingBytes = 64 * 1024;
const maxSamples = 1024;

/**
 * How many bytes of frames lie between two places of the log, about: what a follower's way through the log would cost. A
 * sample for every so many bytes, the rest in proportion; with too many samples every second one goes, and the spacing
 * doubles.
 */
export class LogBytes {
  #samples: Sample[];
  #spacingBytes = initialSpacingBytes;
  #last: Sample;

  /** @param bytesBefore of the entries after `base` and up to `known`, whose frames are not seen */
  constructor(base: LogIndex, known: LogIndex, bytesBefore: number) {
    this.#last = { index: known, bytes: known === base ? 0 : bytesBefore };
    this.#samples = known === base ? [this.#last] : [{ index: base, bytes: 0 }, this.#last];
  }

  get size(): number {
    return this.#samples.length;
  }

  append(index: LogIndex, frameBytes: number): void {
    this.#last = { index, bytes: this.#last.bytes + frameBytes };
    if (this.#last.bytes - (this.#samples.at(-1) as Sample).bytes < this.#spacingBytes) return;
    this.#samples.push(this.#last);
    if (this.#samples.length <= maxSamples) return;
    this.#samples = this.#samples.filter((_sample, at) => at % 2 === 0);
    this.#spacingBytes *= 2;
  }

  /** The last entry, of `frameBytes`, is dropped. */
  drop(frameBytes: number): void {
    this.#last = { index: this.#last.index - 1, bytes: this.#last.bytes - frameBytes };
    while (this.#samples.length > 1 && (this.#samples.at(-1) as Sample).index > this.#last.index) this.#samples.pop();
  }

  /** Nothing at or before `index` is asked for any more. */
  pruneTo(index: LogIndex): void {
    const first = this.#samples.findLastIndex((sample) => sample.index <= index);
    if (first > 0) this.#samples = this.#samples.slice(first);
  }

  /** Of the entries after `index`, to the end of the log. */
  after(index: LogIndex): number {
    const at = this.#samples.findLastIndex((sample) => sample.index <= index);
    const below = this.#samples[Math.max(at, 0)] as Sample;
    const above = this.#samples[at + 1] ?? this.#last;
    if (at < 0 || above.index <= below.index) return this.#last.bytes - below.bytes;
    const share = Math.min(1, (index - below.index) / (above.index - below.index));
    return this.#last.bytes - below.bytes - share * (above.bytes - below.bytes);
  }
}
