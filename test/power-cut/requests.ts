import { SeededRandom } from "./random.ts";

/** One request of the recorded load. It follows from the seed and its number alone. */
export type Request =
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly key: string };

const keys = 150;

/** Mostly small values under few keys, some large ones, some deletions: logs roll, checkpoints and compactions happen. */
export function requestOf(seed: number, id: number): Request {
  const random = new SeededRandom(seed ^ Math.imul(id + 1, 0x9e3779b1));
  const key = `key-${String(random.below(keys)).padStart(4, "0")}`;
  if (random.chance(0.08)) return { kind: "delete", key };
  const length = random.chance(0.06) ? 4000 + random.below(16_000) : 20 + random.below(500);
  return { kind: "put", key, value: valueOf(random, id, length) };
}

/** Text that does not compress, and names its request. */
function valueOf(random: SeededRandom, id: number, length: number): string {
  let value = `${id}:`;
  while (value.length < length) value += Math.floor(random.next() * 2 ** 32).toString(36);
  return value;
}
