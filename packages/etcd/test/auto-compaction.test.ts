import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@quorate/host";
import { decodeCommand, encodeCommand, type CommandResult } from "@quorate/store";
import { AutoCompaction, type AutoCompactionParts, type CompactionPolicy } from "../src/maintenance/auto-compaction.ts";

const minuteMs = 60_000;

/** A member on a clock of its own; `perMinute` revisions are made. */
function running(policy: CompactionPolicy, perMinute: number) {
  let nowMs = 0;
  const timer: { next: { atMs: number; callback: () => void } | undefined } = { next: undefined };
  const state = { revision: 1, compactedRevision: 0, role: "leader" as "leader" | "follower" };
  const compactions: [minute: number, revision: number][] = [];
  const propose: AutoCompactionParts["replica"]["propose"] = (bytes, outcome) => {
    const command = decodeCommand(bytes);
    assert.equal(command.type, "compact");
    if (command.type !== "compact") return;
    compactions.push([Math.round(nowMs / minuteMs), command.revision]);
    state.compactedRevision = command.revision;
    const result: CommandResult = { ok: true, revision: state.revision, result: { type: "compact" } };
    outcome(undefined, result);
  };
  const compaction = new AutoCompaction({
    policy,
    store: state,
    replica: {
      propose,
      get status() {
        return { role: state.role } as AutoCompactionParts["replica"]["status"];
      },
    },
    encodeCommand,
    clock: { monotonicMs: () => nowMs },
    timers: {
      after: (delayMs, callback) => (timer.next = { atMs: nowMs + delayMs, callback }),
      cancel: () => (timer.next = undefined),
    },
    logger: silentLogger,
  });
  const pass = (minutes: number): void => {
    for (let minute = 0; minute < minutes; minute++) {
      const untilMs = nowMs + minuteMs;
      for (;;) {
        const { next } = timer;
        if (next === undefined || next.atMs > untilMs) break;
        const { atMs, callback } = next;
        nowMs = atMs;
        callback();
      }
      nowMs = untilMs;
      state.revision += perMinute;
    }
  };
  return { state, compactions, compaction, pass };
}

test("with a count, all but so many revisions are given up every five minutes", () => {
  const { compactions, pass } = running({ mode: "revision", keepRevisions: 1000 }, 300);
  pass(16);
  assert.deepEqual(compactions, [
    [5, 201],
    [10, 1701],
    [15, 3201],
  ]);
});

test("with a time of an hour or less, what is older is given up once in that time", () => {
  const { compactions, pass } = running({ mode: "periodic", keepMs: 30 * minuteMs }, 10);
  pass(100);
  assert.deepEqual(compactions, [
    [30, 1],
    [60, 291],
    [90, 591],
  ]);
});

test("with a longer time it is done every hour", () => {
  const { compactions, pass } = running({ mode: "periodic", keepMs: 180 * minuteMs }, 1);
  pass(320);
  assert.deepEqual(
    compactions.map(([minute]) => minute),
    [180, 240, 300],
  );
  for (const [minute, revision] of compactions)
    assert.ok(Math.abs(minute - 180 - revision) <= 7, `${revision} at ${minute}`);
});

test("only who leads compacts, and a new leader knows what was when", () => {
  const { state, compactions, pass } = running({ mode: "periodic", keepMs: 30 * minuteMs }, 10);
  state.role = "follower";
  pass(80);
  assert.deepEqual(compactions, []);
  state.role = "leader";
  pass(3);
  assert.equal(compactions.length, 1);
  assert.ok((compactions[0]?.[1] ?? 0) > 400);
});

test("nothing is proposed where nothing has changed, nor after the end", () => {
  const { compactions, compaction, pass } = running({ mode: "revision", keepRevisions: 10 }, 0);
  pass(30);
  assert.deepEqual(compactions, []);
  compaction.stop();
  const other = running({ mode: "revision", keepRevisions: 10 }, 100);
  other.compaction.stop();
  other.pass(30);
  assert.deepEqual(other.compactions, []);
});
