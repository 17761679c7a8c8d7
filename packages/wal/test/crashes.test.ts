import assert from "node:assert/strict";
import { test } from "node:test";
import { isDeepStrictEqual } from "node:util";
import type { HardState } from "@quorate/raft";
import fc from "fast-check";
import { baseAt, contents, entriesOf, open, printed, seeded, tryOpen, type BenchLog } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

/** What the log should hold after a record, as the model sees it. */
interface Model {
  readonly entries: readonly string[];
  readonly hardState: HardState | undefined;
  readonly base: number;
  /** The log began anew here: it cannot begin before. */
  readonly leastBase: number;
}

const sizes = { segmentBytes: 16 * 1024, maxBatchBytes: 3000 };

/**
 * A random member's life, with a power cut or a kill after each stretch. What an opening finds must be the outcome of a
 * record that was asked for, and of none before the last that was reported as stored.
 */
function live(seed: number, stretches: number): void {
  const random = seeded(seed);
  const pick = (n: number): number => Math.floor(random() * n);
  let disk = new CrashDisk();
  let possible: Model[] = [{ entries: [], hardState: undefined, base: 0, leastBase: 0 }];
  let incarnation = 0;
  for (let stretch = 0; stretch < stretches; stretch++) {
    const isLast = stretch === stretches - 1;
    disk.crashAt = isLast ? Number.POSITIVE_INFINITY : random() < 0.2 ? 1 + pick(25) : 15 + pick(120);
    const log = tryOpen(disk, sizes);
    // An opening that a crash interrupts settles nothing: what only the page cache held may be lost yet.
    if (log !== undefined && !disk.isDown) {
      if (log instanceof Error) throw log;
      const { recovered } = log.opened;
      assert.equal(recovered.damage, undefined, `seed ${seed}: a crash is not damage`);
      assert.ok(recovered.incarnation > incarnation, `seed ${seed}: incarnations rise`);
      incarnation = recovered.incarnation;
      const { crashAt, operations } = disk;
      disk.crashAt = Number.POSITIVE_INFINITY;
      const found = possible.find((model) => matches(model, log));
      assert.ok(found, `seed ${seed}: what was reported as stored is there, and nothing was invented`);
      disk.crashAt = crashAt + disk.operations - operations;
      const states = work(log, found, pick);
      if (random() < 0.3) disk.run();
      possible = states.slice(log.stored.at(-1)?.sequence ?? 0);
    }
    disk = random() < 0.6 ? disk.afterPowerCut(random) : disk.afterKill();
  }
}

/** Random records, some with truncations or installed states, and prunings. Returns the model after each; the first is the one given. */
function work(log: BenchLog, from: Model, pick: (n: number) => number): Model[] {
  const states = [from];
  for (let record = 0; record < 40 && !log.disk.isDown; record++) {
    const { entries, hardState, base, leastBase } = states.at(-1) as Model;
    const term = Math.max(hardState?.term ?? 1, 1) + (pick(10) === 0 ? 1 : 0);
    if (pick(25) === 0) {
      states.push(installed(log, states.at(-1) as Model, term, pick));
      continue;
    }
    const cut = pick(7) === 0 && entries.length > base ? base + 1 + pick(entries.length - base) : undefined;
    const kept = cut === undefined ? entries : entries.slice(0, cut - 1);
    const added = entriesOf(kept.length + 1, kept.length + pick(8), term, pick(pick(20) === 0 ? 20_000 : 300));
    const changed = pick(2) === 0 || term > (hardState?.term ?? 0) ? { term, vote: pick(3), commit: base } : undefined;
    log.queue(added, changed, cut);
    let newBase = base;
    if (pick(10) === 0 && base < kept.length) {
      newBase = base + 1 + pick(kept.length - base);
      log.opened.wal.prune({ index: newBase, term: Number(kept[newBase - 1]?.split(":")[1]) });
    }
    states.push({
      entries: [...kept, ...added.map(printed)],
      hardState: changed ?? hardState,
      base: newBase,
      leastBase,
    });
    for (let steps = pick(6); steps > 0 && log.disk.step(); steps--);
  }
  return states;
}

/** A state is installed, at the log's end or beyond it, or before it in another history; entries follow it. */
function installed(log: BenchLog, before: Model, term: number, pick: (n: number) => number): Model {
  const { entries, base } = before;
  const index = Math.max(base + 1, entries.length - 10 + pick(40));
  const hardState = { term: term + 1, vote: 0, commit: index };
  const added = entriesOf(index + 1, index + pick(5), term + 1, 50);
  log.queue(added, hardState, undefined, baseAt(index, term + 1));
  const gone = Array.from({ length: index }, () => "in the state");
  return { entries: [...gone, ...added.map(printed)], hardState, base: index, leastBase: index };
}

function matches(model: Model, log: BenchLog): boolean {
  const { base, last, hardState } = log.opened.recovered;
  if (
    base.index < model.leastBase ||
    last.index !== model.entries.length ||
    !isDeepStrictEqual(hardState, model.hardState)
  )
    return false;
  return isDeepStrictEqual(contents(log), model.entries.slice(base.index));
}

test("whatever the moment of a crash, what was stored is there, nothing is invented, no vote is forgotten", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => live(seed, 6)),
    { numRuns: 150 },
  );
});

test("a crash at every single operation of an opening, a roll and a prune is recovered from", () => {
  for (let crashAt = 1; ; crashAt++) {
    const disk = new CrashDisk();
    disk.crashAt = crashAt;
    const log = tryOpen(disk, { segmentBytes: 8192 });
    if (log instanceof Error) throw log;
    if (log !== undefined) {
      for (let index = 1; index < 120 && !disk.isDown; index += 10) {
        log.queue(entriesOf(index, index + 9, 1, 100), { term: 1, vote: 1, commit: 0 });
        disk.run();
      }
      if (!disk.isDown) log.opened.wal.prune({ index: 80, term: 1 });
      disk.run();
    }
    const stored = log?.stored.at(-1)?.last.index ?? 0;
    for (const seed of [1, 2, 3]) {
      const again = open(disk.afterKill().afterPowerCut(seeded(seed)), { segmentBytes: 8192 });
      assert.ok(again.opened.recovered.last.index >= stored);
      assert.equal(again.opened.recovered.damage, undefined);
      if (stored > 0) assert.deepEqual(again.opened.recovered.hardState, { term: 1, vote: 1, commit: 0 });
      again.persist(entriesOf(again.opened.recovered.last.index + 1, again.opened.recovered.last.index + 20, 1, 100));
    }
    if (!disk.isDown) return;
  }
});

test("bytes that were only in the page cache are made durable before they are relied on", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 3, 1), { term: 1, vote: 1, commit: 0 });
  log.queue(entriesOf(4, 6, 1));
  // The write is cut between the write and its sync, and the process dies: the page cache has the batch, the disk not.
  disk.crashAt = disk.operations + 1;
  disk.run();
  assert.ok(disk.isDown);
  const restarted = disk.afterKill();
  const again = open(restarted);
  assert.equal(again.opened.recovered.last.index, 6);
  for (let seed = 1; seed < 20; seed++) {
    const later = open(restarted.afterKill().afterPowerCut(seeded(seed)));
    assert.equal(later.opened.recovered.last.index, 6, "what an opening has reported survives a power cut");
  }
});

test("a power cut while an opening makes the tail durable is a crash like any other", () => {
  const disk = new CrashDisk();
  const log = open(disk);
  log.persist(entriesOf(1, 3, 1), { term: 1, vote: 1, commit: 0 });
  log.queue(entriesOf(4, 6, 1, 400));
  disk.crashAt = disk.operations + 1;
  disk.run();
  for (let crashAt = 1; ; crashAt++) {
    let wasDown = false;
    for (let seed = 1; seed <= 12; seed++) {
      const restarted = disk.afterKill();
      restarted.crashAt = crashAt;
      tryOpen(restarted);
      wasDown ||= restarted.isDown;
      const { recovered } = open(restarted.afterPowerCut(seeded(seed))).opened;
      assert.equal(recovered.damage, undefined, `a power cut at operation ${crashAt}`);
      assert.ok(recovered.last.index === 3 || recovered.last.index === 6);
    }
    if (!wasDown) return;
  }
});

test("a failed write or sync is reported once, is never tried again, and nothing is reported after it", () => {
  const probe = new CrashDisk();
  open(probe);
  for (let failAt = probe.operations + 1; failAt < probe.operations + 6; failAt++) {
    const disk = new CrashDisk();
    const log = open(disk);
    disk.failAt = failAt;
    for (let index = 1; index <= 8; index++) {
      log.queue(entriesOf(index, index, 1));
      disk.run();
    }
    assert.equal(log.failures.length, 1);
    assert.ok(log.stored.length < 8);
    const { writes, syncs } = disk;
    log.queue(entriesOf(9, 9, 1));
    disk.run();
    assert.deepEqual([disk.writes, disk.syncs], [writes, syncs], "nothing is written after a failure");
    log.close();
    const again = open(disk.afterPowerCut(seeded(failAt)));
    assert.ok(again.opened.recovered.last.index >= (log.stored.at(-1)?.last.index ?? 0));
  }
});

test("a name that was only in the page cache is made durable before its segment is relied on", () => {
  for (let crashAt = 1; ; crashAt++) {
    const disk = new CrashDisk();
    const options = { segmentBytes: 8192 };
    const log = open(disk, options);
    disk.crashAt = disk.operations + crashAt;
    for (let index = 1; index <= 60 && !disk.isDown; index += 10) {
      log.queue(entriesOf(index, index + 9, 1, 100));
      disk.run();
    }
    // Killed at any operation, also between the renaming of a segment and the sync of the directory; then it goes on a little.
    const restarted = disk.afterKill();
    const again = open(restarted, options);
    const { last } = again.opened.recovered;
    again.persist(entriesOf(last.index + 1, last.index + 2, 2));
    for (let seed = 1; seed <= 4; seed++) {
      const { recovered } = open(restarted.afterKill().afterPowerCut(seeded(seed)), options).opened;
      assert.deepEqual(
        recovered.last,
        { index: last.index + 2, term: 2 },
        `killed at operation ${crashAt}, cut ${seed}`,
      );
      assert.equal(recovered.damage, undefined);
    }
    if (!disk.isDown) return;
  }
});
