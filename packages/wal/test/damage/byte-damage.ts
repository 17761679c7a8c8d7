/** One way of damaging bytes at an offset. Gives new bytes; they may happen to be the same. */
export interface ByteDamage {
  readonly name: string;
  readonly damage: (bytes: Uint8Array, at: number, random: () => number) => Uint8Array;
}

/** Ranges of odd lengths, of a header's, of a sector's. */
const lengths = [1, 8, 40, 128, 512] as const;

function lengthAt(at: number): number {
  return lengths[at % lengths.length] ?? 1;
}

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  return copy;
}

function withRange(bytes: Uint8Array, at: number, removed: number, added: Uint8Array): Uint8Array {
  const after = bytes.subarray(Math.min(bytes.length, at + removed));
  const result = new Uint8Array(at + added.length + after.length);
  result.set(bytes.subarray(0, at));
  result.set(added, at);
  result.set(after, at + added.length);
  return result;
}

/** Puts the two neighbouring ranges of `length` bytes from `at` on into the other order. */
function swapNeighbours(copy: Uint8Array, at: number, length: number): void {
  const half = Math.min(length, Math.floor((copy.length - at) / 2));
  const first = copy.slice(at, at + half);
  copy.copyWithin(at, at + half, at + 2 * half);
  copy.set(first, at + half);
}

export const byteDamages: readonly ByteDamage[] = [
  {
    name: "flip a bit",
    damage: (bytes, at) => changed(bytes, (copy) => (copy[at] = (copy[at] as number) ^ (1 << (at % 8)))),
  },
  { name: "cut the file short", damage: (bytes, at) => bytes.slice(0, at) },
  { name: "zero a range", damage: (bytes, at) => changed(bytes, (copy) => copy.fill(0, at, at + lengthAt(at))) },
  { name: "zero the rest", damage: (bytes, at) => changed(bytes, (copy) => copy.fill(0, at)) },
  {
    name: "write garbage over a range",
    damage: (bytes, at, random) =>
      changed(bytes, (copy) => {
        for (let i = at; i < Math.min(copy.length, at + lengthAt(at)); i++) copy[i] = Math.floor(random() * 256);
      }),
  },
  {
    name: "duplicate a range over the next",
    damage: (bytes, at) =>
      changed(bytes, (copy) => void copy.copyWithin(at + lengthAt(at), at, at + Math.min(lengthAt(at), copy.length))),
  },
  {
    name: "insert a range twice",
    damage: (bytes, at) => withRange(bytes, at, 0, bytes.slice(at, at + lengthAt(at))),
  },
  { name: "take a range out", damage: (bytes, at) => withRange(bytes, at, lengthAt(at), new Uint8Array(0)) },
  { name: "swap two ranges", damage: (bytes, at) => changed(bytes, (copy) => swapNeighbours(copy, at, lengthAt(at))) },
  {
    name: "swap two blocks",
    damage: (bytes, at, random) =>
      changed(bytes, (copy) => {
        const blocks = Math.max(1, Math.floor(copy.length / 512));
        const from = Math.floor(at / 512) * 512;
        const to = Math.floor(random() * blocks) * 512;
        const block = copy.slice(from, from + 512);
        copy.set(copy.slice(to, to + block.length), from);
        copy.set(block.subarray(0, Math.max(0, copy.length - to)), to);
      }),
  },
];
