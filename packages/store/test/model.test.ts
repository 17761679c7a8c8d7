import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { CommandResult, Operation, RangeOperation, RangeResult, TxnOperation } from "@quorate/store";
import { command, rangeAt, txn } from "./arbitraries.ts";
import { HeldEngine, type HoldingPoint } from "./held-engine.ts";
import { NaiveModel, type ModelledCommand } from "./naive-model.ts";
import { leasesIn, memoryEngine, StoreDriver, withKeys } from "./store-driver.ts";

type Step =
  | { readonly type: "apply"; readonly commands: readonly ModelledCommand[] }
  | { readonly type: "checkpoint" | "crash" | "hash" | "finish-checkpoint" }
  | { readonly type: "begin-checkpoint"; readonly point: HoldingPoint }
  | { readonly type: "read"; readonly operation: RangeOperation; readonly age: number }
  | {
      readonly type: "read-while-applying";
      readonly operations: readonly RangeOperation[];
      readonly commands: readonly ModelledCommand[];
    };

const commands = fc.array(command, { minLength: 1, maxLength: 7 });
const anyRange = rangeAt(fc.constant(0));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ type: fc.constant("apply" as const), commands }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("read" as const),
      operation: anyRange,
      age: fc.integer({ min: 0, max: 12 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("read-while-applying" as const),
      operations: fc.array(anyRange, { minLength: 1, maxLength: 5 }),
      commands,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constantFrom("checkpoint" as const, "crash" as const, "hash" as const, "finish-checkpoint" as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant("begin-checkpoint" as const),
      point: fc.constantFrom("before" as const, "after" as const),
    }),
  },
);

/** A member of the test: the store, the model, and all commands as a log holds them. */
class Member {
  readonly model = new NaiveModel();
  readonly #log: { readonly command: ModelledCommand; readonly result: CommandResult }[] = [];
  #engine = new HeldEngine(memoryEngine());
  #driver: StoreDriver | undefined;
  #checkpoint: Promise<void> | undefined;

  async driver(): Promise<StoreDriver> {
    // A tiny cache, so that the engine is read, and tiny blocks, so that they are split and joined.
    this.#driver ??= await StoreDriver.open(this.#engine, { cacheBytes: 600, minBlockKeys: 2 });
    return this.#driver;
  }

  async apply(commands: readonly ModelledCommand[]): Promise<void> {
    const driver = await this.driver();
    const entries = commands.map((drawn) => {
      const command = this.model.aimed(drawn);
      return { command, result: this.model.apply(command) };
    });
    this.#log.push(...entries);
    const results = await driver.apply(...entries.map(({ command }) => command));
    assert.deepEqual(
      results,
      entries.map(({ result }) => result),
    );
    this.#checkLeases(driver);
  }

  #checkLeases(driver: StoreDriver): void {
    const expected = Array.from(this.model.leases.values(), (lease) => withKeys(lease, this.model.keysOf(lease.id)));
    assert.deepEqual(new Set(leasesIn(driver)), new Set(expected));
  }

  /** A checkpoint whose write waits, so that much can happen before it is durable, or before that is known. */
  async beginCheckpoint(point: HoldingPoint): Promise<void> {
    await this.finishCheckpoint();
    this.#engine.hold(point);
    this.#checkpoint = (await this.driver()).checkpoint();
  }

  async finishCheckpoint(): Promise<void> {
    this.#engine.release();
    await this.#checkpoint;
    this.#checkpoint = undefined;
  }

  async checkpoint(): Promise<void> {
    await this.finishCheckpoint();
    await (await this.driver()).checkpoint();
  }

  /** Everything that no checkpoint took is lost, and replayed from the log with the same results. */
  async crash(): Promise<void> {
    this.#engine = new HeldEngine(memoryEngine(this.#engine.durableCopy()));
    this.#driver = undefined;
    this.#checkpoint = undefined;
    const driver = await this.driver();
    const missing = this.#log.slice(driver.store.restored.index);
    for (const { command, result } of missing) assert.deepEqual(await driver.run(command), result);
    assert.deepEqual(driver.store.members, this.model.members);
    this.#checkLeases(driver);
  }

  /** A member that applied the same commands and never made a checkpoint. */
  async twinHash(revision: number): Promise<number> {
    const twin = await StoreDriver.open(memoryEngine());
    await twin.apply(...this.#log.map(({ command }) => command));
    return (await twin.hash(revision)).hash;
  }
}

test("random commands, reads, checkpoints and crashes agree with a naive model of etcd", async () => {
  const property = fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30, size: "max" }), async (steps) => {
    const member = new Member();
    for (const step of steps) await perform(member, step);
    await perform(member, { type: "crash" });
    await perform(member, { type: "hash" });
    const driver = await member.driver();
    for (
      let revision = Math.max(1, member.model.compactedRevision - 1);
      revision <= member.model.revision;
      revision++
    ) {
      const all = { ...everything, revision };
      assert.deepEqual(await driver.range(all), member.model.range(all));
    }
  });
  await fc.assert(property, { numRuns: 200 });
});

const everything: RangeOperation = {
  type: "range",
  range: { key: Uint8Array.of(0), end: Uint8Array.of(0) },
  limit: 0,
  revision: 0,
  sortOrder: "none",
  sortTarget: "key",
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
};

async function perform(member: Member, step: Step): Promise<void> {
  const driver = await member.driver();
  switch (step.type) {
    case "apply":
      return member.apply(step.commands);
    case "checkpoint":
      return member.checkpoint();
    case "begin-checkpoint":
      return member.beginCheckpoint(step.point);
    case "finish-checkpoint":
      return member.finishCheckpoint();
    case "crash":
      return member.crash();
    case "hash": {
      const revision = Math.max(1, member.model.compactedRevision, member.model.revision - 3);
      assert.equal((await driver.hash(revision)).hash, await member.twinHash(revision));
      return;
    }
    case "read": {
      const operation = { ...step.operation, revision: Math.max(0, member.model.revision - step.age) };
      assert.deepEqual(await driver.range(operation), member.model.range(operation));
      assert.deepEqual(
        await driver.found({ ...everything, countOnly: true }),
        resultOf(member, { ...everything, countOnly: true }),
      );
      assert.equal(driver.store.keyCount, resultOf(member, everything).count);
      return;
    }
    case "read-while-applying": {
      const reading = step.operations.map(async (operation, turns) => {
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
        return { operation, answer: await driver.range(operation) };
      });
      await member.apply(step.commands);
      for (const { operation, answer } of await Promise.all(reading)) {
        assert.ok(answer.ok);
        assert.deepEqual(answer.result, member.model.seenAt({ ...operation, revision: answer.revision }));
      }
    }
  }
}

function resultOf(member: Member, operation: RangeOperation): RangeResult {
  const answer = member.model.range(operation);
  assert.ok(answer.ok);
  return answer.result;
}

test("random read-only transactions agree with the naive model", async () => {
  const property = fc.asyncProperty(
    fc.array(command, { minLength: 1, maxLength: 20 }),
    fc.array(txn, { minLength: 5, maxLength: 5 }),
    fc.boolean(),
    async (commands, txns, isCheckpointed) => {
      const member = new Member();
      await member.apply(commands);
      const driver = await member.driver();
      if (isCheckpointed) await driver.checkpoint();
      for (const drawn of txns.map(readOnly)) {
        const { revision } = member.model;
        const expected = member.model.apply(drawn);
        assert.deepEqual(await driver.readTxn(drawn), expected);
        assert.equal(member.model.revision, revision);
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

/** The same transaction without what writes. */
function readOnly(drawn: TxnOperation): TxnOperation {
  const reads = (operations: readonly Operation[]): Operation[] =>
    operations.flatMap((operation): Operation[] => {
      if (operation.type === "txn") return [readOnly(operation)];
      return operation.type === "range" ? [operation] : [];
    });
  return { ...drawn, success: reads(drawn.success), failure: reads(drawn.failure) };
}
