/** A state was installed (docs/wal-format.md, "Installing a state"): the log begins anew behind it, or goes on. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeConfiguration, entryKinds, makeEntry, type Entry, type LogPosition } from "@quorate/raft";
import { WalError, type InstallIntent } from "@quorate/wal";
import { baseAt, contents, entriesOf, open, printed, seeded, tryOpen, type BenchLog } from "./bench-log.ts";
import { CrashDisk } from "./crash-disk.ts";

const options = { segmentBytes: 8192 };
const hardState = { term: 9, vote: 1, commit: 80 };

/** A log of entries 1 to 200 in several segments, 80 of them committed. */
function longLog(disk = new CrashDisk()): BenchLog {
  const log = open(disk, options);
  for (let index = 1; index <= 200; index += 10) {
    log.persist(entriesOf(index, index + 9, 3, 100), index === 1 ? hardState : undefined);
  }
  return log;
}

function intentAt(index: number, term: number, leaderTerm = term): InstallIntent {
  return { ...baseAt(index, term, index - 5), leaderTerm };
}

function segmentsOf(disk: CrashDisk): string[] {
  return disk.paths().filter((path) => path.endsWith(".wal"));
}

function baseConfigurationOf(index: number): { index: number; payload: Uint8Array } {
  const { configuration, configurationIndex } = baseAt(index, 1, index - 5);
  return { index: configurationIndex, payload: encodeConfiguration(configuration) };
}

/** Writes the intent; whatever else waits is carried out too. */
function prepare(log: BenchLog, intent: InstallIntent): void {
  let isPrepared = false;
  log.opened.wal.prepareInstall(intent, (error) => {
    assert.equal(error, undefined);
    isPrepared = true;
  });
  log.disk.run();
  assert.ok(isPrepared);
}

function install(log: BenchLog, index: number, term: number): void {
  log.persist([], { term: 9, vote: 1, commit: index }, undefined, baseAt(index, term, index - 5));
}

test("a state beyond the end begins the log anew, in a segment of its own, and the others go", () => {
  const log = longLog();
  install(log, 500, 8);
  assert.deepEqual(log.stored.at(-1)?.last, { index: 500, term: 8 });
  assert.equal(segmentsOf(log.disk).length, 1);
  log.persist(entriesOf(501, 510, 9));
  assert.equal(log.read(501, 510).length, 10);
  const outcome = log.tryRead(150, 160);
  assert.ok(outcome instanceof WalError && outcome.code === "pruned");
  const { recovered } = open(log.disk.settled(), options).opened;
  assert.deepEqual(
    [recovered.base, recovered.last],
    [
      { index: 500, term: 8 },
      { index: 510, term: 9 },
    ],
  );
  assert.deepEqual(recovered.termRuns, [{ firstIndex: 501, term: 9 }]);
  assert.deepEqual(recovered.baseConfiguration, baseConfigurationOf(500));
  assert.deepEqual(recovered.configurations, []);
});

test("a state where the log says otherwise begins it anew before its end; what was beyond is gone", () => {
  const log = longLog();
  install(log, 120, 7);
  assert.deepEqual(log.opened.wal.durable, { index: 120, term: 7 });
  log.persist(entriesOf(121, 130, 9));
  for (const reader of [log, open(log.disk.settled(), options)]) {
    assert.deepEqual(reader.read(121, 130).map(printed), entriesOf(121, 130, 9).map(printed));
    assert.ok(reader.tryRead(131, 140) instanceof Error);
  }
});

test("a state that the log leads up to leaves it as it is", () => {
  const log = longLog();
  const before = segmentsOf(log.disk);
  install(log, 120, 3);
  assert.deepEqual(segmentsOf(log.disk), before);
  assert.equal(log.read(1, 200).length, 200);
  const { recovered } = open(log.disk.settled(), options).opened;
  assert.deepEqual([recovered.base.index, recovered.last.index, recovered.hardState?.commit], [0, 200, 120]);
});

test("entries may follow in the same record and in the same turn, and more states, and prunings", () => {
  const log = longLog();
  log.queue(entriesOf(501, 505, 9), { term: 9, vote: 1, commit: 500 }, undefined, baseAt(500, 8, 495));
  log.queue(entriesOf(506, 520, 9, 300));
  log.opened.wal.prune({ index: 510, term: 9 });
  log.queue([], undefined, undefined, baseAt(900, 9, 895));
  log.queue(entriesOf(901, 960, 9, 300));
  log.opened.wal.prune({ index: 950, term: 9 });
  log.disk.run();
  assert.equal(log.read(951, 960).length, 10);
  const again = open(log.disk.settled(), options);
  const { base, baseConfiguration, last } = again.opened.recovered;
  assert.ok(base.index >= 900 && base.index <= 950);
  assert.deepEqual([baseConfiguration, last.index], [baseConfigurationOf(900), 960]);
  assert.equal(again.read(951, 960).length, 10);
  assert.equal(segmentsOf(log.disk).length, segmentsOf(again.disk).length);
});

test("what is pruned while one of two new beginnings is durable and the other is not, is pruned of the log as it will be", () => {
  const log = longLog();
  const { disk } = log;
  log.queue(entriesOf(501, 505, 9), undefined, undefined, baseAt(500, 8, 495));
  log.queue(entriesOf(901, 905, 9), undefined, undefined, baseAt(900, 9, 895));
  while (log.stored.at(-1)?.last.index !== 505) disk.step();
  log.opened.wal.prune({ index: 903, term: 9 });
  log.queue(entriesOf(906, 910, 9));
  disk.run();
  const { recovered } = open(disk.afterKill(), options).opened;
  assert.deepEqual([recovered.damage, recovered.base.index, recovered.last.index], [undefined, 900, 910]);
});

test("a log never begins anew before its base", () => {
  const log = longLog();
  install(log, 500, 8);
  assert.throws(() => log.queue([], undefined, undefined, baseAt(400, 8)), /never begins anew before its base/);
});

/** Where a state stood before it was switched, and where it stands after. */
const before: LogPosition = { index: 80, term: 3 };
const after: LogPosition = { index: 500, term: 8 };

/** What a start finds, when the state stands where it is told. */
function start(disk: CrashDisk, state: LogPosition): BenchLog {
  return open(disk, { ...options, state });
}

/** The state has been switched: the log must begin behind it, however far it had come. */
function assertInstalled(log: BenchLog, where: string): void {
  const { recovered } = log.opened;
  assert.deepEqual(recovered.base, after, where);
  assert.deepEqual(recovered.baseConfiguration, baseConfigurationOf(500), where);
  assert.ok((recovered.hardState?.term ?? 0) >= 9 && (recovered.hardState?.commit ?? 0) >= 500, where);
  assert.equal(recovered.damage, undefined, where);
  assert.ok(recovered.last.index === 500 || recovered.last.index === 503, where);
}

test("a crash at every operation from the intent on, and again while starting, ends in old or new, never between", () => {
  let finished = 0;
  for (let crashAt = 1; ; crashAt++) {
    const log = longLog();
    const { disk } = log;
    disk.crashAt = disk.operations + crashAt;
    let isSwitched = false;
    log.opened.wal.prepareInstall(intentAt(500, 8, 9), () => {
      // The state is switched in one step here; the record follows as the core asks for it.
      isSwitched = true;
      log.queue([], { term: 9, vote: 1, commit: 500 }, undefined, baseAt(500, 8, 495));
      log.queue(entriesOf(501, 503, 9));
    });
    disk.run();
    for (const seed of [1, 2, 3]) {
      const left = disk.afterKill().afterPowerCut(seeded(seed));
      // A second crash while starting, at some operation, and then a start that goes through.
      for (const again of [Number.POSITIVE_INFINITY, 3 + crashAt, 10 + 2 * seed, 17]) {
        const retried = left.afterKill();
        retried.crashAt = again;
        tryOpen(retried, { ...options, state: isSwitched ? after : before });
        const whole = retried.afterKill().afterPowerCut(seeded(seed + crashAt));
        const where = `crash at ${crashAt}, again at ${again}, seed ${seed}`;
        if (isSwitched) {
          const found = start(whole, after);
          assertInstalled(found, where);
          if (found.opened.recovered.finishedInstall !== undefined) finished++;
          if (log.stored.at(-1)?.last.index === 503) assert.equal(found.opened.recovered.last.index, 503, where);
          found.persist(entriesOf(found.opened.recovered.last.index + 1, 520, 9));
          assert.deepEqual(start(whole.settled(), after).opened.recovered.last.index, 520, where);
        } else {
          const found = start(whole, before);
          assert.equal(found.opened.recovered.base.index, 0, where);
          assert.equal(contents(found).length, 200, where);
          assert.equal(found.opened.recovered.finishedInstall, undefined, where);
        }
      }
    }
    if (!disk.isDown) break;
  }
  assert.ok(finished > 30, `${finished} starts finished what had been intended`);
});

test("an intent is gone once the log begins behind the state, and at a start that finds the state as it was", () => {
  const log = longLog();
  prepare(log, intentAt(500, 8));
  assert.ok(log.disk.paths().includes("/log/intent"));
  log.persist(entriesOf(201, 600, 4));
  assert.ok(log.disk.paths().includes("/log/intent"), "other records say nothing about it");
  const left = log.disk.settled();
  log.persist([], undefined, undefined, baseAt(500, 8, 495));
  assert.ok(!log.disk.paths().includes("/log/intent"));
  const again = start(left, before);
  assert.equal(again.opened.recovered.last.index, 600);
  again.close();
  assert.ok(!again.disk.paths().includes("/log/intent"));
});

test("an intent stays until the very record is durable that does what was intended, whatever is durable before it", () => {
  const log = longLog();
  const { disk } = log;
  prepare(log, intentAt(500, 8));
  log.queue(entriesOf(201, 210, 4));
  log.queue([], { term: 9, vote: 1, commit: 500 }, undefined, baseAt(500, 8, 495));
  while (log.stored.at(-1)?.last.index !== 210) disk.step();
  for (let steps = 0; log.stored.at(-1)?.last.index === 210; steps++) {
    assert.ok(disk.paths().includes("/log/intent"), `${steps} operations later`);
    assert.deepEqual(start(disk.afterKill(), after).opened.recovered.base, after);
    disk.step();
  }
  disk.run();
  assert.ok(!disk.paths().includes("/log/intent"));
});

test("a start that does not say where the state stands leaves an intent as it is", () => {
  const log = longLog();
  prepare(log, intentAt(500, 8));
  const again = open(log.disk.settled(), options);
  assert.equal(again.opened.recovered.last.index, 200);
  assert.equal(start(again.disk.settled(), after).opened.recovered.base.index, 500);
});

test("finishing raises the term to that of the leader whose state it is, and forgets no vote of ours", () => {
  const raised = longLog();
  prepare(raised, intentAt(500, 8, 12));
  assert.deepEqual(start(raised.disk.settled(), after).opened.recovered.hardState, { term: 12, vote: 0, commit: 500 });
  const kept = longLog();
  prepare(kept, intentAt(500, 8, 9));
  assert.deepEqual(start(kept.disk.settled(), after).opened.recovered.hardState, { term: 9, vote: 1, commit: 500 });
});

test("a log that leads up to the state has nothing to finish", () => {
  const log = longLog();
  prepare(log, intentAt(120, 3, 9));
  const { recovered } = start(log.disk.settled(), { index: 120, term: 3 }).opened;
  assert.deepEqual([recovered.finishedInstall, recovered.last.index], [undefined, 200]);
});

test("a damaged intent, or another member's, is none", () => {
  const log = longLog();
  prepare(log, intentAt(500, 8));
  const whole = log.disk.settled();
  const size = whole.bytesOf("/log/intent").length;
  for (let at = 0; at < size; at++) {
    const disk = log.disk.settled();
    const bytes = disk.bytesOf("/log/intent");
    bytes[at] = (bytes[at] as number) ^ 0x10;
    assert.equal(start(disk, after).opened.recovered.last.index, 200, `byte ${at}`);
  }
  for (const length of [0, 10, 71, size - 1, size + 1]) {
    const disk = log.disk.settled();
    const bytes = new Uint8Array(length);
    bytes.set(whole.bytesOf("/log/intent").subarray(0, length));
    disk.put("/log/intent", bytes);
    assert.equal(start(disk, after).opened.recovered.last.index, 200, `${length} bytes`);
  }
  const other = open(new CrashDisk(), { memberId: 77 });
  prepare(other, intentAt(500, 8));
  const disk = log.disk.settled();
  disk.put("/log/intent", other.disk.bytesOf("/log/intent"));
  assert.equal(start(disk, after).opened.recovered.last.index, 200);
});

test("a disk that fails while the intent is written ends the log, and says so to both", () => {
  const log = longLog();
  log.disk.failAt = log.disk.operations + 1;
  let told: unknown;
  log.opened.wal.prepareInstall(intentAt(500, 8), (error) => (told = error));
  log.disk.run();
  assert.ok(told instanceof Error);
  assert.equal(log.failures.length, 1);
  log.close();
});

test("a close waits for an intent that is being written", () => {
  const log = longLog();
  const done: string[] = [];
  log.opened.wal.prepareInstall(intentAt(500, 8), () => done.push("prepared"));
  log.opened.wal.close(() => done.push("closed"));
  log.disk.run();
  assert.deepEqual(done, ["prepared", "closed"]);
});

/** A configuration whose payload names its index. */
function configuration(index: number, term: number): Entry {
  return makeEntry(index, term, entryKinds.configuration, new Uint8Array([index]));
}

/** A log whose entries 1, 61, 121 and 181 are configurations, committed up to `commit` as far as it knows. */
function configuredLog(commit: number, disk = new CrashDisk()): BenchLog {
  const log = open(disk, options);
  for (let index = 1; index <= 200; index += 10) {
    const entries = entriesOf(index, index + 9, 3, 100);
    if (index % 60 === 1) entries[0] = configuration(index, 3);
    log.persist(entries, { term: 3, vote: 1, commit: Math.min(commit, index) });
  }
  return log;
}

test("the configuration at the base stays known, wherever the log was pruned, and whatever was committed by then", () => {
  for (const commit of [0, 60, 121, 200]) {
    for (let to = 1; to <= 200; to += 7) {
      const log = configuredLog(commit);
      log.opened.wal.prune({ index: to, term: 3 });
      log.disk.run();
      const { base, baseConfiguration, configurations } = open(log.disk.settled(), options).opened.recovered;
      const expected = base.index === 0 ? undefined : 1 + 60 * Math.floor((base.index - 1) / 60);
      const where = `commit ${commit}, pruned to ${to}, base ${base.index}`;
      assert.equal(baseConfiguration?.index, expected, where);
      assert.deepEqual(baseConfiguration?.payload, expected && new Uint8Array([expected]), where);
      assert.deepEqual(
        configurations.map(({ index }) => index),
        [1, 61, 121, 181].filter((index) => index > base.index),
        where,
      );
    }
  }
});

test("a configuration that was cut off is not the one at the base, though a segment began with it", () => {
  const log = configuredLog(61);
  log.persist(entriesOf(115, 140, 5, 100), { term: 5, vote: 1, commit: 70 }, 115);
  log.persist([configuration(141, 5), ...entriesOf(142, 170, 5, 200)], { term: 5, vote: 1, commit: 160 });
  log.persist(entriesOf(171, 200, 5, 200));
  for (const to of [116, 130, 140, 141, 150, 170, 200]) {
    const disk = log.disk.settled();
    const pruned = open(disk, options);
    pruned.opened.wal.prune({ index: to, term: 5 });
    pruned.persist(entriesOf(201, 240, 5, 200));
    const { base, baseConfiguration } = open(disk.settled(), options).opened.recovered;
    const expected = base.index >= 141 ? 141 : base.index >= 61 ? 61 : base.index >= 1 ? 1 : undefined;
    assert.equal(baseConfiguration?.index, expected, `pruned to ${to}, base ${base.index}`);
  }
});

test("a start from a segment that a later truncation reached back into knows the configuration that is left", () => {
  const log = open(new CrashDisk(), options);
  const voted = { term: 3, vote: 1, commit: 1 };
  log.persist([configuration(1, 3), ...entriesOf(2, 40, 3, 150)], voted);
  log.persist([configuration(41, 3), ...entriesOf(42, 60, 3, 150)]);
  log.persist(entriesOf(61, 63, 3, 2000));
  log.persist([configuration(55, 5), ...entriesOf(56, 70, 5, 150)], { term: 5, vote: 1, commit: 1 }, 55);
  log.persist(entriesOf(41, 90, 6, 150), { term: 6, vote: 1, commit: 80 }, 41);
  log.persist(entriesOf(91, 140, 6, 150));
  for (const pruned of [open(log.disk.settled(), options), log]) {
    pruned.opened.wal.prune({ index: 100, term: 6 });
    pruned.disk.run();
    const { recovered } = open(pruned.disk.settled(), options).opened;
    assert.ok(recovered.base.index > 41);
    assert.equal(recovered.baseConfiguration?.index, 1);
  }
});

test("a crash at every operation of a pruning finds the configuration at whatever base it finds", () => {
  for (let crashAt = 1; ; crashAt++) {
    const log = configuredLog(200);
    log.disk.crashAt = log.disk.operations + crashAt;
    log.opened.wal.prune({ index: 150, term: 3 });
    log.disk.run();
    for (const seed of [1, 2, 3]) {
      const { recovered } = open(log.disk.afterKill().afterPowerCut(seeded(seed)), options).opened;
      const { base, baseConfiguration } = recovered;
      assert.ok(base.index <= 150);
      assert.equal(baseConfiguration?.index, base.index === 0 ? undefined : 1 + 60 * Math.floor((base.index - 1) / 60));
      assert.equal(recovered.last.index, 200);
    }
    if (!log.disk.isDown) return;
  }
});
