import type { Tape } from "../world/tape.ts";

/** What stands behind a comparison's name in an address. */
export interface SharedComparison {
  /** What the reader has set otherwise (`chosen-link.ts`). */
  readonly changes: string;
  /** µs since the scenario began; undefined where the link is not to a moment. */
  readonly since: number | undefined;
  /** Of the whole history of each side, as its sender had them. */
  readonly hashes: string | undefined;
}

type Sides = readonly [Pick<Tape, "hash">, Pick<Tape, "hash">];

const momentName = "at";
const hashesName = "hash";

/** Both sides' histories, in a few characters. */
export function hashesOf(sides: Sides): string {
  return sides.map(({ hash }) => hash.slice(0, 8)).join(".");
}

export function writeComparison(name: string, { changes, since, hashes }: SharedComparison): string {
  const parts = new URLSearchParams(changes);
  if (since !== undefined) parts.set(momentName, String(Math.floor(since)));
  if (hashes !== undefined) parts.set(hashesName, hashes);
  const text = parts.toString();
  return `#/compare/${name}${text === "" ? "" : `/${text}`}`;
}

/** Takes the moment out of what stands behind the name; a moment that is none is left where it is, for its reader to complain of. */
export function readComparison(text: string): SharedComparison {
  const parts = new URLSearchParams(text);
  const [moment, hashes] = [parts.get(momentName), parts.get(hashesName)];
  const isMoment = moment !== null && /^\d{1,15}$/.test(moment);
  const areHashes = hashes !== null && /^[0-9a-f]{8}\.[0-9a-f]{8}$/.test(hashes);
  if (isMoment) parts.delete(momentName);
  if (areHashes) parts.delete(hashesName);
  return {
    changes: parts.toString(),
    since: isMoment ? Number(moment) : undefined,
    hashes: areHashes ? hashes : undefined,
  };
}

/** Whether these are the histories that the sender of a link saw, in words. */
export function tellSame(sent: string, sides: Sides): string {
  const own = hashesOf(sides);
  if (own === sent) return `These are the histories that the sender of this link saw (hashes ${own}).`;
  return `These are not the histories that the sender of this link saw: their hashes were ${sent}, and are ${own} here. Another version of the lab made the link.`;
}
