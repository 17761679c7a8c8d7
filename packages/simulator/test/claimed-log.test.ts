import assert from "node:assert/strict";
import { test } from "node:test";
import { entryKinds, makeEntry } from "@quorate/raft";
import type { Entry, PersistEffect, RaftOptions } from "@quorate/raft";
import { SafetyViolation } from "../src/index.ts";
import { ClaimedLog } from "../src/replica/claimed-log.ts";

const entry = (index: number, term: number): Entry =>
  makeEntry(index, term, entryKinds.command, Uint8Array.of(index, term));
const entries = (from: number, to: number, term: number): Entry[] =>
  Array.from({ length: to - from + 1 }, (_, at) => entry(from + at, term));

function found(
  log: readonly Entry[],
  term: number,
  quarantined: boolean,
): Pick<RaftOptions, "log" | "hardState" | "quarantined"> {
  const last = log.at(-1) ?? { index: 0, term: 0 };
  const termRuns = log.flatMap(({ index, term }, at) =>
    log[at - 1]?.term === term ? [] : [{ firstIndex: index, term }],
  );
  return {
    log: {
      base: { index: 0, term: 0 },
      last: { index: last.index, term: last.term },
      termRuns,
      configurations: [],
      entries: log,
    },
    hardState: { term, vote: 0, commit: 0 },
    quarantined,
  };
}

/** Entries 1 to 15 of term 2; then a leader of term 3 replaced all from 3 on with one of its own. */
function replaced(): ClaimedLog {
  const claimed = new ClaimedLog();
  const record = (sequence: number, change: Partial<PersistEffect>): void => {
    const none = { truncateFrom: undefined, entries: [], hardState: undefined };
    claimed.handedOver({ type: "persist", sequence, ...none, ...change });
    claimed.stored(sequence);
  };
  record(1, { entries: entries(1, 15, 2), hardState: { term: 2, vote: 0, commit: 0 } });
  record(2, { truncateFrom: 3, entries: entries(3, 3, 3), hardState: { term: 3, vote: 0, commit: 0 } });
  return claimed;
}

test("a log that is known to be damaged may end in entries that the lost record had replaced", () => {
  const claimed = replaced();
  claimed.found(found(entries(1, 15, 2), 3, true));
  assert.deepEqual(claimed.last, { index: 15, term: 2 });
  assert.ok(
    claimed.lost.some((log) => log.termAt(3) === 3),
    "what it had reported as stored is not forgotten",
  );
});

test("a log with replaced entries, or with fewer, is a broken promise where no damage is known", () => {
  for (const log of [entries(1, 15, 2), entries(1, 2, 2)]) {
    assert.throws(() => replaced().found(found(log, 3, false)), SafetyViolation);
  }
});

test("damage excuses no entry that was never written, and no term or vote that is gone", () => {
  assert.throws(() => replaced().found(found([...entries(1, 2, 2), entry(3, 9)], 3, true)), SafetyViolation);
  assert.throws(() => replaced().found(found(entries(1, 15, 2), 2, true)), SafetyViolation);
});
