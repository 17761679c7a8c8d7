import assert from "node:assert/strict";
import { test } from "node:test";
import {
  Compare_CompareTarget,
  LeaseGrantRequestSchema,
  LeaseGrantResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { LockRequestSchema, LockResponseSchema } from "../src/generated/v3lockpb/v3lock_pb.ts";
import { serveFake, type EtcdClient } from "./support/serve-fake.ts";

// The example of docs/locks-and-elections.md: a client is stalled for longer than its lease, and wakes up believing that it has a
// lock which somebody else holds by then.

const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

/** Something outside of the cluster that the lock is to guard: a file, a disk, another service. */
class Ledger {
  readonly entries: string[] = [];
  #newestToken = 0n;

  write(entry: string): void {
    this.entries.push(entry);
  }

  /** Refuses whoever comes with an older token than the newest that it has seen. */
  writeFenced(entry: string, token: bigint): boolean {
    if (token < this.#newestToken) return false;
    this.#newestToken = token;
    this.entries.push(entry);
    return true;
  }
}

interface Held {
  readonly key: Uint8Array;
  /** The create revision of the lock's key. */
  readonly token: bigint;
}

async function lock(client: EtcdClient, lease: bigint, TTL: bigint): Promise<Held> {
  await client.call("Lease/LeaseGrant", LeaseGrantRequestSchema, LeaseGrantResponseSchema, { ID: lease, TTL });
  const { key } = await client.callPath("/v3lockpb.Lock/Lock", LockRequestSchema, LockResponseSchema, {
    name: utf8("ledger"),
    lease,
  });
  const { kvs } = await client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key });
  return { key, token: kvs[0]?.createRevision ?? 0n };
}

/** Writes into the cluster itself, if the lock is still the one that was taken. */
async function writeIfHeld(client: EtcdClient, { key, token }: Held, value: string): Promise<boolean> {
  const { succeeded } = await client.call("KV/Txn", TxnRequestSchema, TxnResponseSchema, {
    compare: [{ key, target: Compare_CompareTarget.CREATE, targetUnion: { case: "createRevision", value: token } }],
    success: [{ request: { case: "requestPut", value: { key: utf8("balance"), value: utf8(value) } } }],
  });
  return succeeded;
}

test("a lock alone lets a stalled owner overwrite its successor; its create revision as a token does not", async (context) => {
  const { client } = await serveFake(context);
  // As short as leases get.
  const first = await lock(client, 1n, 2n);
  // The first owner stands still from here: it renews nothing, and nobody can tell it. Its lease ends, and the second one, who has
  // waited, has the lock.
  const second = await lock(client, 2n, 60n);
  assert.ok(second.token > first.token);

  const unfenced = new Ledger();
  unfenced.write("second");
  // The first owner wakes up where it stood: behind its own check that it has the lock.
  unfenced.write("first");
  assert.deepEqual(unfenced.entries, ["second", "first"], "two owners at once, and the older one wrote last");

  const fenced = new Ledger();
  assert.ok(fenced.writeFenced("second", second.token));
  assert.equal(fenced.writeFenced("first", first.token), false);
  assert.deepEqual(fenced.entries, ["second"]);

  assert.ok(await writeIfHeld(client, second, "second"));
  assert.equal(await writeIfHeld(client, first, "first"), false);
  const { kvs } = await client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key: utf8("balance") });
  assert.equal(Buffer.from(kvs[0]?.value ?? []).toString(), "second");
});
