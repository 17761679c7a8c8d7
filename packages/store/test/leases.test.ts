import assert from "node:assert/strict";
import { test } from "node:test";
import type { CommandResult, KeyValueStore, LeaseExpireCommand, StoreCommand } from "@quorate/store";
import { encodeCommand, MemoryEngine } from "@quorate/store";
import { everything, put, range, remove, txn } from "./operation-makers.ts";
import { leasesIn, memoryEngine, promised, StoreDriver } from "./store-driver.ts";

const grant = (lease: bigint, ttl = 60): StoreCommand => ({ type: "lease-grant", lease, ttl });
const revoke = (lease: bigint): StoreCommand => ({ type: "lease-revoke", lease });
const expire = (...leases: LeaseExpireCommand["leases"]): StoreCommand => ({ type: "lease-expire", term: 1, leases });

const keysOf = ({ store }: StoreDriver, lease: bigint): string =>
  Array.from(store.leases.keysOf(lease), (key) => Buffer.from(key).toString())
    .toSorted((left, right) => (left < right ? -1 : 1))
    .join();

async function open(): Promise<StoreDriver> {
  return StoreDriver.open(memoryEngine());
}

function refusalIn(outcome: CommandResult): string | undefined {
  return outcome.ok ? undefined : outcome.refusal;
}

/** One entry with a place of its own. */
function applyAt(store: KeyValueStore, index: number, term: number, command: StoreCommand): Promise<CommandResult> {
  return promised<readonly CommandResult[]>((done) =>
    store.apply([{ index, term, command: encodeCommand(command) }], done),
  ).then(([result]) => result as CommandResult);
}

test("a grant changes no revision, and a second one of the same id is refused", async () => {
  const driver = await open();
  assert.equal((await driver.run(grant(7n))).revision, 1);
  assert.equal(refusalIn(await driver.run(grant(7n, 5))), "lease-exists");
  assert.deepEqual(leasesIn(driver), [{ id: 7n, ttl: 60, remaining: 60, grantedAt: 1, keys: [] }]);
});

test("a put attaches its key, one with another lease moves it, and one without detaches it", async () => {
  const driver = await open();
  await driver.apply(grant(1n), grant(2n), put("a", "x", { lease: 1n }), put("b", "x", { lease: 1n }));
  assert.equal(keysOf(driver, 1n), "a,b");
  await driver.run(put("a", "y", { lease: 2n }));
  assert.deepEqual([keysOf(driver, 1n), keysOf(driver, 2n)], ["b", "a"]);
  await driver.run(put("b", "y"));
  assert.deepEqual([keysOf(driver, 1n), keysOf(driver, 2n)], ["", "a"]);
});

test("ignore_lease keeps the key where it is attached, and the lease in its metadata", async () => {
  const driver = await open();
  await driver.apply(grant(1n), put("a", "x", { lease: 1n }), put("a", "y", { ignoreLease: true }));
  assert.equal(keysOf(driver, 1n), "a");
  assert.equal((await driver.found(range("a"))).items[0]?.lease, 1n);
});

test("a deleted key is attached to nothing, and made anew neither", async () => {
  const driver = await open();
  await driver.apply(grant(1n), put("a", "x", { lease: 1n }), remove("a"), put("a", "y"));
  assert.equal(keysOf(driver, 1n), "");
  await driver.run(revoke(1n));
  assert.equal((await driver.found(range("a"))).count, 1);
});

test("within one transaction the last word on a key counts", async () => {
  const driver = await open();
  await driver.apply(grant(1n), grant(2n), put("a", "x", { lease: 1n }), put("b", "x", { lease: 1n }));
  await driver.run(
    txn([], [remove("a"), txn([], [put("a", "y", { lease: 2n })]), put("b", "y", { lease: 2n }), remove("b")]),
  );
  assert.deepEqual([keysOf(driver, 1n), keysOf(driver, 2n)], ["", "a"]);
});

test("a transaction with a lease that is not there changes nothing, whatever else it holds", async () => {
  const driver = await open();
  await driver.apply(grant(1n));
  const outcome = await driver.run(txn([], [put("a", "x", { lease: 1n }), put("b", "x", { lease: 2n })]));
  assert.equal(refusalIn(outcome), "lease-not-found");
  assert.equal(keysOf(driver, 1n), "");
});

test("revoking deletes the keys in one revision, and the lease is not found after", async () => {
  const driver = await open();
  await driver.apply(grant(1n), put("b", "x", { lease: 1n }), put("a", "x", { lease: 1n }), put("c", "x"));
  const { revision } = driver.store;
  assert.equal((await driver.run(revoke(1n))).revision, revision + 1);
  assert.deepEqual(
    (await driver.found(range(everything))).items.map(({ key }) => Buffer.from(key).toString()),
    ["c"],
  );
  assert.equal(refusalIn(await driver.run(revoke(1n))), "lease-not-found");
  assert.equal(refusalIn(await driver.run(put("d", "x", { lease: 1n }))), "lease-not-found");
});

test("revoking a lease without keys makes no revision", async () => {
  const driver = await open();
  await driver.apply(put("a", "x"), grant(1n));
  assert.equal((await driver.run(revoke(1n))).revision, 2);
});

test("a batch of expired leases gives each its own revision, and passes over those that are gone", async () => {
  const driver = await open();
  await driver.apply(grant(1n), grant(2n), grant(3n), put("a", "x", { lease: 1n }), put("b", "x", { lease: 2n }));
  const at = (lease: bigint): { lease: bigint; grantedAt: number } => ({ lease, grantedAt: Number(lease) });
  const outcome = await driver.run(expire(at(1n), at(2n), at(2n), at(9n)));
  assert.deepEqual(outcome, { ok: true, revision: 5, result: { type: "lease-expire", expired: 2 } });
  assert.deepEqual(
    [...driver.store.leases.all()].map(({ id }) => id),
    [3n],
  );
});

test("an expiry of an old leader's changes nothing: not in an entry of another term", async () => {
  const { store } = await open();
  await applyAt(store, 1, 5, grant(1n));
  const fromTerm5: StoreCommand = { type: "lease-expire", term: 5, leases: [{ lease: 1n, grantedAt: 1 }] };
  assert.equal(refusalIn(await applyAt(store, 2, 6, fromTerm5)), "deposed");
  assert.equal(store.leases.size, 1);
  assert.ok((await applyAt(store, 3, 5, fromTerm5)).ok);
  assert.deepEqual([...store.leases.all()], []);
});

test("an expiry that was meant for a lease of the same id, granted before, changes nothing", async () => {
  const driver = await open();
  await driver.apply(grant(1n), revoke(1n), grant(1n));
  const outcome = await driver.run(expire({ lease: 1n, grantedAt: 1 }));
  assert.ok(outcome.ok && outcome.result.type === "lease-expire");
  assert.equal(outcome.result.expired, 0);
  assert.equal(driver.store.leases.get(1n)?.grantedAt, 3);
});

test("a checkpoint of an old leader's, or of an older lease, leaves what remains as it is", async () => {
  const { store } = await open();
  await applyAt(store, 1, 5, grant(1n));
  const checkpoint = (term: number, grantedAt: number, remaining: number): StoreCommand => ({
    type: "lease-checkpoint",
    term,
    leases: [{ lease: 1n, grantedAt, remaining }],
  });
  assert.equal(refusalIn(await applyAt(store, 2, 6, checkpoint(5, 1, 9))), "deposed");
  assert.ok((await applyAt(store, 3, 6, checkpoint(6, 2, 9))).ok);
  assert.equal(store.leases.get(1n)?.remaining, 60);
  assert.ok((await applyAt(store, 4, 6, checkpoint(6, 1, 9))).ok);
  assert.deepEqual(store.leases.get(1n), { id: 1n, ttl: 60, remaining: 9, grantedAt: 1 });
});

test("leases, their keys and what is gone of both survive a restart", async () => {
  const engine = new MemoryEngine({ schedule: queueMicrotask });
  const driver = await StoreDriver.open(engine);
  await driver.apply(grant(1n), grant(2n), put("a", "x", { lease: 1n }), put("b", "x", { lease: 2n }));
  await driver.checkpoint();
  await driver.apply(revoke(2n), put("a", "x"), put("c", "x", { lease: 1n }));
  await driver.checkpoint();
  const again = await StoreDriver.open(memoryEngine(engine.durableCopy()));
  assert.deepEqual(leasesIn(again), leasesIn(driver));
  assert.equal(keysOf(again, 1n), "c");
});

test("what changes while a checkpoint is made is no part of it", async () => {
  const engine = new MemoryEngine({ schedule: queueMicrotask });
  const driver = await StoreDriver.open(engine);
  await driver.apply(...Array.from({ length: 1000 }, (_, at) => grant(BigInt(at + 1))));
  const checkpoint = driver.checkpoint();
  const lost = driver.apply(revoke(1000n), put("a", "x", { lease: 1n }));
  await checkpoint;
  await lost;
  const again = await StoreDriver.open(memoryEngine(engine.durableCopy()));
  assert.equal(again.store.leases.size, 1000);
  assert.equal(keysOf(again, 1n), "");
});

test("a lease with many keys is revoked in steps, in one revision", async () => {
  const driver = await open();
  const keys = 5000;
  await driver.run(grant(1n));
  await driver.apply(...Array.from({ length: keys }, (_, at) => put(`k${at}`, "v", { lease: 1n })));
  const { revision } = driver.store;
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  await driver.run(revoke(1n));
  clearInterval(counting);
  assert.equal(driver.store.revision, revision + 1);
  assert.equal((await driver.found(range(everything, { revision }))).count, keys);
  assert.equal(driver.store.keyCount, 0);
  assert.ok(turns > 0, "other work went on meanwhile");
});

test("leases count as what a checkpoint has to write", async () => {
  const driver = await open();
  await driver.apply(...Array.from({ length: 100 }, (_, at) => grant(BigInt(at + 1))));
  assert.ok(driver.store.dirtyBytes >= 100 * 50);
  await driver.checkpoint();
  assert.equal(driver.store.dirtyBytes, 0);
});
