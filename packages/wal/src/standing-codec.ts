import { readU53, writeU53, type HardState } from "@quorate/raft";
import type { Standing } from "./format.ts";

/**
 * What every header and mark repeats, in 56 bytes:
 * ```text
 *  0  u64  incarnation
 *  8  u64  term        16  u64  vote        24  u64  commit
 * 32  u64  base index  40  u64  base term   48  u64  first segment
 * ```
 * Whether there is a hard state is a flag elsewhere.
 */
export const standingBytes = 56;

const noHardState: HardState = { term: 0, vote: 0, commit: 0 };

export function writeStanding(bytes: Uint8Array, at: number, { incarnation, hardState, base }: Standing): void {
  const { term, vote, commit } = hardState ?? noHardState;
  writeU53(bytes, at, incarnation);
  writeU53(bytes, at + 8, term);
  writeU53(bytes, at + 16, vote);
  writeU53(bytes, at + 24, commit);
  writeU53(bytes, at + 32, base.position.index);
  writeU53(bytes, at + 40, base.position.term);
  writeU53(bytes, at + 48, base.firstSegment);
}

export function readStanding(bytes: Uint8Array, at: number, hasHardState: boolean): Standing {
  return {
    incarnation: readU53(bytes, at),
    hardState: hasHardState
      ? { term: readU53(bytes, at + 8), vote: readU53(bytes, at + 16), commit: readU53(bytes, at + 24) }
      : undefined,
    base: {
      position: { index: readU53(bytes, at + 32), term: readU53(bytes, at + 40) },
      firstSegment: readU53(bytes, at + 48),
    },
  };
}
