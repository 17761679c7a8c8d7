import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError, type Callback } from "@quorate/host";
import { entryKinds, makeEntry, type Entry, type EntryKind, type LogPosition } from "@quorate/raft";
import { ApplyPipeline } from "../src/apply-pipeline.ts";
import { defaultReplicaLimits, type ReplicaLimits } from "../src/options.ts";
import type { Committed, StateMachine } from "../src/state-machine.ts";
import { ManualTime } from "./support/manual-time.ts";

/** A machine whose applies complete when the test says so, or at once. */
function setUp(
  options: { atOnce?: boolean; limits?: Partial<ReplicaLimits>; costMs?: number; restored?: LogPosition } = {},
) {
  const time = new ManualTime();
  const calls: { indexes: number[]; complete: (error?: HostError) => void }[] = [];
  const applied: string[] = [];
  const failures: string[] = [];
  const machine: Pick<StateMachine<string>, "apply" | "restored"> = {
    restored: options.restored ?? { index: 0, term: 0 },
    apply(commands: readonly Committed[], done: Callback<readonly string[]>): void {
      const complete = (error?: HostError): void =>
        done(
          error,
          commands.map((one) => `r${one.index}`),
        );
      calls.push({ indexes: commands.map((one) => one.index), complete });
      time.stall(options.costMs ?? 0);
      if (options.atOnce === true) complete();
    },
  };
  const pipeline = new ApplyPipeline(
    machine as StateMachine<string>,
    time,
    { ...defaultReplicaLimits, ...options.limits },
    {
      applied: (entries, results) =>
        applied.push(entries.map((entry, at) => `${entry.index}=${results[at] ?? "-"}`).join(" ")),
      failed: (error) => failures.push(error.message),
    },
  );
  return { time, calls, applied, failures, pipeline };
}

function entries(first: number, ...kinds: EntryKind[]): Entry[] {
  return kinds.map((kind, at) => makeEntry(first + at, 1, kind, Uint8Array.of(at)));
}

const { command, noop, configuration } = entryKinds;

test("one apply is in flight at a time, and what comes meanwhile goes out together", () => {
  const { pipeline, calls, applied } = setUp();
  pipeline.add(entries(1, command));
  pipeline.add(entries(2, command));
  pipeline.add(entries(3, command));
  assert.deepEqual(
    calls.map((call) => call.indexes),
    [[1]],
  );
  calls[0]?.complete();
  assert.deepEqual(
    calls.map((call) => call.indexes),
    [[1], [2, 3]],
  );
  assert.deepEqual(applied, ["1=r1"]);
  calls[1]?.complete();
  assert.deepEqual(applied, ["1=r1", "2=r2 3=r3"]);
  assert.deepEqual(pipeline.position, { index: 3, term: 1 });
});

test("entries without a command are not shown to the state machine and count as applied", () => {
  const { pipeline, calls, applied } = setUp({ atOnce: true });
  pipeline.add(entries(1, configuration, noop));
  assert.equal(calls.length, 0);
  pipeline.add(entries(3, command, noop, command));
  assert.deepEqual(calls[0]?.indexes, [3, 5]);
  assert.deepEqual(applied, ["1=- 2=-", "3=r3 4=- 5=r5"]);
});

test("batches are bounded by count and by bytes", () => {
  const few = setUp({ atOnce: true, limits: { maxApplyEntries: 2 } });
  few.pipeline.add(entries(1, command, command, command));
  assert.deepEqual(
    few.calls.map((call) => call.indexes),
    [[1, 2], [3]],
  );
  const small = setUp({ atOnce: true, limits: { maxApplyBytes: 60 } });
  small.pipeline.add(entries(1, command, command, command));
  assert.deepEqual(
    small.calls.map((call) => call.indexes),
    [[1, 2], [3]],
  );
});

test("a long replay lets the host deliver what waits, every few milliseconds", () => {
  const { pipeline, calls, time } = setUp({ atOnce: true, limits: { maxApplyEntries: 1 }, costMs: 3 });
  pipeline.add(entries(1, command, command, command, command, command));
  assert.equal(calls.length, 2, "more than 4 ms have gone by");
  assert.ok(pipeline.isBusy);
  time.pass(10);
  assert.equal(calls.length, 5);
  assert.ok(!pipeline.isBusy);
});

test("a very long replay that completes at once does not nest", () => {
  const { pipeline, calls } = setUp({ atOnce: true, limits: { maxApplyEntries: 1 } });
  pipeline.add(entries(1, ...Array.from({ length: 20_000 }, () => command)));
  assert.equal(calls.length, 20_000);
});

test("a failure stops the pipeline for good", () => {
  const { pipeline, calls, failures, applied } = setUp();
  pipeline.add(entries(1, command));
  calls[0]?.complete(new HostError("io", "disk", "the disk is gone"));
  pipeline.add(entries(2, command));
  assert.deepEqual(failures, ["the disk is gone"]);
  assert.equal(calls.length, 1);
  assert.deepEqual(applied, []);
  assert.equal(pipeline.position.index, 0);
});

test("a machine that answers twice, or that throws, is stopped", () => {
  const { pipeline, calls, failures } = setUp();
  pipeline.add(entries(1, command));
  calls[0]?.complete();
  calls[0]?.complete();
  assert.match(failures[0] as string, /twice/);
  const throwing = setUp();
  const time = new ManualTime();
  const machine = {
    restored: { index: 0, term: 0 },
    apply: () => {
      throw new Error("no");
    },
  } as unknown as StateMachine<string>;
  const failed: string[] = [];
  const broken = new ApplyPipeline(machine, time, defaultReplicaLimits, {
    applied: () => {},
    failed: (error) => failed.push(error.message),
  });
  broken.add(entries(1, command));
  assert.match(failed[0] as string, /threw from apply/);
  assert.equal(throwing.failures.length, 0);
});

test("stopping waits for the apply in flight and reports nothing of it", () => {
  const { pipeline, calls, applied } = setUp();
  pipeline.add(entries(1, command));
  pipeline.add(entries(2, command));
  let stopped = false;
  pipeline.stop(() => {
    stopped = true;
  });
  assert.ok(!stopped);
  calls[0]?.complete();
  assert.ok(stopped);
  assert.equal(calls.length, 1);
  assert.deepEqual(applied, []);
  assert.equal(pipeline.position.index, 1, "the last checkpoint may cover it");
});

test("what the state held before its log was damaged is passed over, and the rest applied", () => {
  const { pipeline, calls, applied } = setUp({ atOnce: true, restored: { index: 3, term: 1 } });
  pipeline.add(entries(2, command, command, noop, command));
  assert.deepEqual(
    calls.map((call) => call.indexes),
    [[5]],
  );
  assert.deepEqual(applied, ["2=- 3=-", "4=- 5=r5"]);
  assert.deepEqual(pipeline.position, { index: 5, term: 1 });
});

test("a position of its own stands while older entries come back", () => {
  const { pipeline, applied } = setUp({ atOnce: true, restored: { index: 9, term: 1 } });
  pipeline.add(entries(2, command, command));
  assert.deepEqual(applied, ["2=- 3=-"]);
  assert.deepEqual(pipeline.position, { index: 9, term: 1 });
});

test("a committed entry that is not the one the state ends with stops the member", () => {
  const { pipeline, failures, calls } = setUp({ atOnce: true, restored: { index: 3, term: 2 } });
  pipeline.add(entries(2, command, command, command));
  assert.equal(calls.length, 0);
  assert.match(String(failures), /last entry 3 is of term 2, and the committed one is of term 1/);
});
