import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { silentLogger } from "@quorate/host";
import { Probation } from "../src/probation.ts";
import { RebuildHistory } from "../src/rebuild-history.ts";
import { temporaryFolder } from "./support/single-member.ts";

const minuteMs = 60_000;
const agoMs = (ms: number): string => new Date(Date.now() - ms).toISOString();

test("the same damage counts once, however often a start ends before the state is discarded", async (context) => {
  const history = new RebuildHistory(temporaryFolder(context));
  for (let minutes = 3; minutes >= 1; minutes--) {
    const damage = { at: agoMs(minutes * minuteMs), why: `damage ${minutes}` };
    assert.equal(await history.begin(damage), 4 - minutes);
    assert.equal(await history.begin(damage), 4 - minutes);
  }
  await assert.rejects(history.begin({ at: agoMs(0), why: "again" }), { name: "EtcdServerError" });
  assert.equal((await history.read()).length, 3, "what is refused is not counted");
});

test("what was rebuilt more than a week ago does not count any more", async (context) => {
  const history = new RebuildHistory(temporaryFolder(context));
  const weekMs = 7 * 24 * 60 * minuteMs;
  for (const ms of [weekMs + 3 * minuteMs, weekMs + 2 * minuteMs, weekMs - minuteMs, 2 * minuteMs]) {
    await history.begin({ at: agoMs(ms), why: "why" });
  }
  assert.equal(await history.begin({ at: agoMs(minuteMs), why: "why" }), 3);
  await assert.rejects(history.begin({ at: agoMs(0), why: "why" }), /3 times since/);
});

test("lines that cannot be read are passed over, and long reasons are cut", async (context) => {
  const folder = temporaryFolder(context);
  const history = new RebuildHistory(folder);
  writeFileSync(join(folder, "state.rebuilds"), 'garbage\n{"at":1}\nnull\n\n');
  assert.deepEqual(await history.read(), []);
  assert.equal(await history.begin({ at: agoMs(0), why: "x".repeat(100_000) }), 1);
  assert.equal((await history.read())[0]?.why.length, 1000);
});

test("it is forgotten when all members agree on what was rebuilt, and not before", async (context) => {
  const folder = temporaryFolder(context);
  const history = new RebuildHistory(folder);
  await history.begin({ at: agoMs(0), why: "why" });
  const stateComparison: { agreedIndex: number | undefined } = { agreedIndex: 5 };
  const rebuilt: { to: number | undefined } = { to: undefined };
  const parts = { replica: { stateComparison }, history, from: () => rebuilt.to, logger: silentLogger, lookMs: 1 };
  const probation = new Probation(parts);
  context.after(() => probation.stop());
  const isCounted = (): boolean => existsSync(join(folder, "state.rebuilds"));
  await delay(50);
  assert.ok(isCounted(), "it is not rebuilt yet");
  rebuilt.to = 6;
  await delay(50);
  assert.ok(isCounted(), "they agreed on less than was rebuilt");
  stateComparison.agreedIndex = 6;
  const deadline = performance.now() + 10_000;
  while (isCounted() && performance.now() < deadline) await delay(5);
  assert.equal(isCounted(), false);
});
