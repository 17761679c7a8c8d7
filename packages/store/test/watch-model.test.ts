import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KeyRange, StoreLimits, WatchLimits } from "@quorate/store";
import { spanOf } from "../src/span.ts";
import { textOf } from "../src/key-text.ts";
import { command, keyRange } from "./arbitraries.ts";
import { NaiveModel, type ModelledCommand } from "./naive-model.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";
import { eventText, settled, WatchDriver } from "./watch-driver.ts";

interface Watch {
  readonly range: KeyRange;
  /** How far before the newest revision it begins; negative for the future. */
  readonly age: number;
  readonly fromNow: boolean;
  readonly wantsPuts: boolean;
  readonly wantsDeletes: boolean;
  readonly wantsPrevious: boolean;
  readonly isSlow: boolean;
}

/** What watchers are told of compactions is another test's. */
const uncompacted = command.filter(({ type }) => type !== "compact");

type Step =
  | { readonly type: "apply"; readonly commands: readonly ModelledCommand[] }
  | { readonly type: "watch"; readonly watch: Watch }
  | { readonly type: "checkpoint" | "turn" | "resume" | "progress" }
  | { readonly type: "cancel"; readonly which: number }
  | { readonly type: "compact"; readonly age: number };

const wide: fc.Arbitrary<KeyRange> = fc.constant({ key: Uint8Array.of(0), end: Uint8Array.of(0) });
const watch: fc.Arbitrary<Watch> = fc.record({
  range: fc.oneof(wide, keyRange),
  age: fc.integer({ min: -3, max: 30 }),
  fromNow: fc.boolean(),
  wantsPuts: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  wantsDeletes: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  wantsPrevious: fc.boolean(),
  isSlow: fc.boolean(),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("apply" as const),
      commands: fc.array(uncompacted, { minLength: 1, maxLength: 7 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant("watch" as const), watch }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom("checkpoint" as const, "turn" as const, "resume" as const, "progress" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("cancel" as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("compact" as const), age: fc.nat(10) }) },
);

interface Running {
  readonly driver: WatchDriver;
  readonly watch: Watch;
  readonly from: number;
}

/** What a watcher is to be told of one revision, in the order of keys. */
function expectedAt(model: NaiveModel, revision: number, { watch }: Running): string[] {
  const { from, to } = spanOf(watch.range);
  const told: string[] = [];
  for (const { before, after } of model.changesAt(revision)) {
    const key = textOf((after ?? before)?.key ?? new Uint8Array(0));
    if (key < from || (to !== undefined && key >= to)) continue;
    if (after === undefined ? !watch.wantsDeletes : !watch.wantsPuts) continue;
    const previous = watch.wantsPrevious && after?.createRevision !== revision ? before : undefined;
    const deleted = { key: before?.key ?? new Uint8Array(0), modRevision: revision };
    told.push(eventText(after ?? deleted, previous));
  }
  return told.sort();
}

/** Its deliveries by revision: of those, the deletions of keys that were made in the same transaction are nobody's business. */
function toldAt(model: NaiveModel, { driver }: Running): Map<number, string[]> {
  const told = new Map<number, string[]>();
  for (const [index, revision] of driver.revisions.entries()) {
    const text = driver.told[index] as string;
    const existed = model
      .changesAt(revision)
      .some(({ before, after }) => after === undefined && before !== undefined && isDeletionOf(text, before.key));
    if (text.includes(" delete ") && !existed) continue;
    told.set(revision, [...(told.get(revision) ?? []), text]);
  }
  return told;
}

function isDeletionOf(text: string, key: Uint8Array): boolean {
  return (text.split(" was ")[0] ?? text).endsWith(` delete ${Buffer.from(key).toString("hex")}`);
}

function check(model: NaiveModel, running: Running, through: number): void {
  // What was before a revision may be gone with the one before it.
  const withoutLost = (told: readonly string[]): string[] =>
    told.map((text) => (Number.parseInt(text, 10) > model.compactedRevision ? text : (text.split(" was ")[0] ?? text)));
  const { driver, from } = running;
  assert.equal(driver.closedWith, undefined);
  assert.deepEqual(
    driver.revisions,
    [...driver.revisions].sort((left, right) => left - right),
    "in the order of revisions",
  );
  const told = toldAt(model, running);
  for (let revision = 2; revision <= through; revision++) {
    const expected = revision < from ? [] : expectedAt(model, revision, running);
    assert.deepEqual(
      withoutLost(told.get(revision) ?? []).sort(),
      withoutLost(expected),
      `revision ${revision}, from ${from}`,
    );
  }
}

async function run(
  steps: readonly Step[],
  limits: Partial<StoreLimits>,
  watchLimits: Partial<WatchLimits>,
): Promise<void> {
  const model = new NaiveModel();
  const member = await StoreDriver.open(memoryEngine(), limits, undefined, watchLimits);
  let all: Running[] = [];
  for (const step of steps) {
    switch (step.type) {
      case "apply":
        for (const command of step.commands) model.apply(command);
        await member.apply(...step.commands);
        break;
      case "watch": {
        const { watch } = step;
        const driver = new WatchDriver(member.store);
        driver.isSlow = watch.isSlow;
        const startRevision = watch.fromNow ? 0 : Math.max(1, model.revision - watch.age);
        driver.watch({ ...watch, startRevision });
        all.push({ driver, watch, from: startRevision === 0 ? model.revision + 1 : startRevision });
        break;
      }
      case "compact": {
        const compact = { type: "compact" as const, revision: Math.max(1, model.revision - step.age) };
        model.apply(compact);
        await member.apply(compact);
        break;
      }
      case "checkpoint":
        await member.checkpoint();
        break;
      case "turn":
        await new Promise((resolve) => setImmediate(resolve));
        break;
      case "resume":
        for (const { driver } of all) driver.resume();
        break;
      case "progress":
        for (const { driver } of all) driver.group.requestProgress();
        break;
      case "cancel": {
        const chosen = all[step.which % Math.max(1, all.length)];
        chosen?.driver.group.close();
        all = all.filter((one) => one !== chosen);
      }
    }
    for (const running of all) {
      const { driver } = running;
      const revision = driver.progresses.at(-1);
      if (revision !== undefined && driver.compactedAt === undefined) check(model, running, revision);
      driver.progresses.length = 0;
      check(model, running, driver.through);
    }
  }
  const isDone = (): boolean => {
    const { pendingEvents, behind } = member.store.watches.counts;
    return pendingEvents === 0 && behind === 0;
  };
  for (let round = 0; round < 40 * (all.length + 1) && !isDone(); round++) {
    for (const { driver } of all) driver.resume();
    await settled();
  }
  assert.ok(isDone(), "all have caught up");
  for (const running of all) {
    const { compactedAt, through } = running.driver;
    check(model, running, compactedAt === undefined ? model.revision : through);
    if (compactedAt === undefined) continue;
    assert.ok(compactedAt <= model.compactedRevision + 1, `it ended at ${compactedAt}`);
    // It ended because of something that it lacked.
    assert.ok(
      Math.max(through + 1, running.from) < compactedAt,
      `it was told up to ${through}, and ended at ${compactedAt}`,
    );
  }
  assert.equal(member.store.watches.counts.pendingBytes, 0);
  await member.close();
}

const settings: readonly [string, Partial<StoreLimits>, Partial<WatchLimits>][] = [
  ["from memory and the journal", { minBlockKeys: 2 }, {}],
  ["from versions, where the journal is short", { maxJournalBytes: 1 }, {}],
  ["where next to nothing may wait", { maxJournalBytes: 600 }, { maxWatcherEvents: 2, maxPendingBytes: 2000 }],
];
for (const [name, limits, watchLimits] of settings) {
  test(`watchers are told what a plain model says, ${name}`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), (steps) => run(steps, limits, watchLimits)),
      { numRuns: 60 },
    );
  });
}
