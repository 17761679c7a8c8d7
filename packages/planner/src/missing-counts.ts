/**
 * The joint distribution of how many are missing (down, or not done yet) in the first and in the second set of voters, by
 * adding one at a time: `countDistribution` in two dimensions, for voters that may be in both sets.
 */
export class MissingCounts {
  readonly #rows: number;
  readonly #columns: number;
  readonly #cells: Float64Array;

  constructor(sizes: readonly number[], cells?: Float64Array) {
    this.#rows = (sizes[0] ?? 0) + 1;
    this.#columns = (sizes[1] ?? 0) + 1;
    this.#cells = cells ?? new Float64Array(this.#rows * this.#columns).fill(1, 0, 1);
  }

  /** After one more voter of these sets, which is missing with this probability. */
  with(sets: number, missing: number): MissingCounts {
    const rows = sets & 1;
    const columns = this.#columns > 1 ? sets >> 1 : 0;
    const step = rows * this.#columns + columns;
    const cells = this.#cells.map((cell) => cell * (1 - missing));
    for (let row = rows; row < this.#rows; row += 1) {
      for (let column = columns; column < this.#columns; column += 1) {
        const at = row * this.#columns + column;
        cells[at] = (cells[at] as number) + (this.#cells[at - step] as number) * missing;
      }
    }
    return new MissingCounts([this.#rows - 1, this.#columns - 1], cells);
  }

  mixed(other: MissingCounts, share: number): MissingCounts {
    const cells = this.#cells.map((cell, at) => cell * (1 - share) + (other.#cells[at] as number) * share);
    return new MissingCounts([this.#rows - 1, this.#columns - 1], cells);
  }

  /** The probability that more are missing than may be, in either set. */
  beyond([rows = 0, columns = this.#columns - 1]: readonly number[]): number {
    let sum = 0;
    for (let at = this.#cells.length - 1; at >= 0; at -= 1) {
      if (Math.floor(at / this.#columns) > rows || at % this.#columns > columns) sum += this.#cells[at] as number;
    }
    return sum;
  }
}
