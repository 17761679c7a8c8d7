import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { seeded } from "../bench-log.ts";
import { byteDamages } from "./byte-damage.ts";
import { fileDamages } from "./file-damage.ts";
import { judge } from "./judge.ts";
import { activeSegment, prunedLog, quietLog, segmentPaths, unmarkedLog, type Specimen } from "./specimen.ts";
import { Tally } from "./tally.ts";

/**
 * QUORATE_DAMAGE=full: every kind at every offset of the last segment and at every seventh of earlier ones. Otherwise every
 * offset of the last segment that is in use, the kinds in turn.
 */
const isFull = process.env["QUORATE_DAMAGE"] === "full";

interface Sweep {
  readonly path: string;
  /** Every so many bytes. */
  readonly step: number;
  readonly from?: number;
  readonly to?: number;
}

/** Damages one file at every offset of the sweep; in the short form with one kind after the other. */
function sweep(specimen: Specimen, { path, step, from = 0, to }: Sweep, tally: Tally): void {
  const bytes = specimen.files.get(path) as Uint8Array;
  const random = seeded(bytes.length + step);
  const end = to ?? bytes.length;
  for (let at = from, turn = 0; at < end; at += step, turn++) {
    const kinds = isFull ? byteDamages : [byteDamages[turn % byteDamages.length] as (typeof byteDamages)[number]];
    for (const { name, damage } of kinds) {
      const damaged = damage(bytes, at, random);
      if (Buffer.compare(damaged, bytes) === 0) continue;
      tally.try(name, `${specimen.name} log, ${path} at ${at}`, () =>
        judge(specimen, new Map([...specimen.files, [path, damaged]])),
      );
    }
  }
}

/** Where the zeros begin that were written ahead. */
function endOfUse(bytes: Uint8Array): number {
  return bytes.findLastIndex((byte) => byte !== 0) + 1;
}

function report(context: TestContext, what: string, tally: Tally): void {
  context.diagnostic(`${what}: ${tally.total} cases\n${tally.describe()}`);
  assert.deepEqual(tally.failures.slice(0, 10), [], `${tally.failures.length} cases have no allowed outcome`);
}

test("damage at every offset of the last segment takes nothing acknowledged away in silence", (context) => {
  const tally = new Tally();
  for (const specimen of isFull ? [quietLog(), prunedLog()] : [quietLog()]) {
    const path = activeSegment(specimen);
    const used = endOfUse(specimen.files.get(path) as Uint8Array);
    sweep(specimen, { path, step: 1, to: used + 128 }, tally);
    sweep(specimen, { path, step: isFull ? 1 : 17, from: used + 128 }, tally);
  }
  report(context, "the last segment", tally);
  assert.ok(tally.of("quarantined") > 1000 && tally.of("whole") > 50 && tally.of("tail cut, nothing lost") > 50);
});

test("nor does damage at many offsets of earlier segments and of their headers", (context) => {
  const tally = new Tally();
  for (const specimen of [quietLog(), prunedLog()]) {
    for (const path of segmentPaths(specimen).slice(0, -1)) {
      sweep(specimen, { path, step: isFull ? 7 : 43, from: 180 }, tally);
      sweep(specimen, { path, step: isFull ? 1 : 3, to: 180 }, tally);
    }
  }
  report(context, "earlier segments", tally);
  assert.ok(tally.of("quarantined") > 500 && tally.of("whole") > 50);
});

test("damage to the file of marks alone costs nothing: the batches say what was durable", (context) => {
  const tally = new Tally();
  for (const specimen of [quietLog(), prunedLog()]) {
    const path = "/log/marks";
    sweep(specimen, { path, step: 1, to: 140 }, tally);
    sweep(specimen, { path, step: 1, from: 4090, to: 4236 }, tally);
    sweep(specimen, { path, step: isFull ? 11 : 67 }, tally);
  }
  report(context, "marks", tally);
  assert.equal(tally.of("whole"), tally.total);
});

test("whole files that are missing, empty, stale, renamed, copied, exchanged or somebody else's", (context) => {
  const tally = new Tally();
  for (const specimen of [quietLog(), prunedLog()]) {
    for (const { name, files, takesMarksAndLast } of fileDamages(specimen)) {
      tally.try(name, `${specimen.name} log`, () => judge(specimen, files, takesMarksAndLast !== true));
    }
  }
  report(context, "files", tally);
  assert.ok(tally.of("quarantined") > 50 && tally.of("refused") > 20 && tally.of("whole") > 20);
});

test("where no mark covers the last batch, damage to it may take that batch and nothing else", (context) => {
  const tally = new Tally();
  const specimen = unmarkedLog();
  sweep(specimen, { path: activeSegment(specimen), step: isFull ? 1 : 7 }, tally);
  report(context, "the last batch without a mark", tally);
  assert.ok(tally.of("unmarked batch cut") > 10 && tally.of("quarantined") > 100);
});
