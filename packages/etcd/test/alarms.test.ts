import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { serveFake } from "./support/serve-fake.ts";

type Answer = Record<string, unknown> & { code?: number; error?: string; alarms?: unknown };

async function member(context: TestContext, options: Parameters<typeof serveFake>[1] = {}) {
  const { url } = await serveFake(context, options);
  const ask = async (path: string, body: unknown = {}): Promise<Answer> => {
    const answer = await fetch(`${url}/v3${path}`, { method: "POST", body: JSON.stringify(body) });
    const { header: _, ...fields } = (await answer.json()) as Answer;
    return fields;
  };
  const alarm = (action: string, type: string, memberID = "5"): Promise<Answer> =>
    ask("/maintenance/alarm", { action, memberID, alarm: type });
  return { ask, alarm };
}

const value = Buffer.from("a").toString("base64");
const writes = {
  put: ["/kv/put", { key: value, value }],
  "put in a branch that is not taken": ["/kv/txn", { failure: [{ request_put: { key: value } }] }],
  "put in a transaction within": [
    "/kv/txn",
    { success: [{ request_txn: { success: [{ request_put: { key: value } }] } }] },
  ],
  grant: ["/lease/grant", { TTL: 60, ID: "7" }],
} as const;
const frees = {
  delete: ["/kv/deleterange", { key: value }],
  "delete in a transaction": ["/kv/txn", { success: [{ request_delete_range: { key: value } }] }],
  range: ["/kv/range", { key: value }],
  "range in a transaction": ["/kv/txn", { success: [{ request_range: { key: value } }] }],
  compact: ["/kv/compaction", { revision: 2 }],
  revoke: ["/lease/revoke", { ID: "9" }],
} as const;

const noSpace = { code: 8, error: "etcdserver: mvcc: database space exceeded" };
const corrupt = { code: 15, error: "etcdserver: corrupt cluster" };

async function prepared(context: TestContext) {
  const served = await member(context);
  await served.ask("/kv/put", { key: value, value });
  await served.ask("/lease/grant", { TTL: 60, ID: "9" });
  return served;
}

test("alarms are raised, shown and disarmed as etcd does", async (context) => {
  const { alarm, ask } = await member(context);
  assert.deepEqual(await alarm("GET", "NONE"), {});
  const raised = { alarms: [{ memberID: "5", alarm: "NOSPACE" }] };
  for (let time = 0; time < 2; time++) assert.deepEqual(await alarm("ACTIVATE", "NOSPACE"), raised);
  assert.deepEqual(await alarm("GET", "CORRUPT"), {});
  assert.deepEqual(await alarm("GET", "NOSPACE", "9"), raised, "the member is not asked for");
  await alarm("ACTIVATE", "CORRUPT", "18446744073709551615");
  assert.deepEqual(await alarm("GET", "NONE"), {
    alarms: [...raised.alarms, { memberID: "18446744073709551615", alarm: "CORRUPT" }],
  });
  assert.deepEqual((await ask("/maintenance/status")).errors, [
    "memberID:5 alarm:NOSPACE ",
    "memberID:18446744073709551615 alarm:CORRUPT ",
  ]);
  assert.deepEqual(await alarm("DEACTIVATE", "CORRUPT"), {}, "another member's");
  assert.deepEqual(await alarm("DEACTIVATE", "NOSPACE"), raised);
  assert.deepEqual(await alarm("DEACTIVATE", "NOSPACE"), {}, "it is not there any more");
  assert.equal((await alarm("8", "NOSPACE")).code, 3);
});

test("under NOSPACE nothing is taken in, and what frees space goes on", async (context) => {
  const { ask, alarm } = await prepared(context);
  await alarm("ACTIVATE", "NOSPACE");
  for (const [what, [path, body]] of Object.entries(writes)) {
    const { code, error } = await ask(path, body);
    assert.deepEqual({ code, error }, noSpace, what);
  }
  for (const [what, [path, body]] of Object.entries(frees)) {
    assert.equal((await ask(path, body)).error, undefined, what);
  }
  await alarm("DEACTIVATE", "NOSPACE");
  assert.equal((await ask(...writes.put)).error, undefined);
});

test("under CORRUPT nothing is changed, and reads go on", async (context) => {
  const { ask, alarm } = await prepared(context);
  await alarm("ACTIVATE", "CORRUPT");
  const { range, "range in a transaction": rangeInTxn, ...changes } = frees;
  for (const [what, [path, body]] of Object.entries({ ...writes, ...changes })) {
    const { code, error } = await ask(path, body);
    assert.deepEqual({ code, error }, corrupt, what);
  }
  for (const [path, body] of [range, rangeInTxn]) assert.equal((await ask(path, body)).error, undefined);
});

test("a member at its quota refuses what needs space and raises NOSPACE; disarmed too early, it is raised again", async (context) => {
  const { ask, alarm } = await member(context, { quotaBackendBytes: 5000 });
  const putMuch = (): Promise<Answer> => ask("/kv/put", { key: value, value: Buffer.alloc(500).toString("base64") });
  let refused: Answer = {};
  for (let at = 0; at < 100 && refused.error === undefined; at++) refused = await putMuch();
  assert.equal(refused.error, noSpace.error);
  const alarms = [{ memberID: "7", alarm: "NOSPACE" }];
  await delay(20);
  assert.deepEqual(await alarm("GET", "NONE"), { alarms });
  assert.equal((await ask("/maintenance/status")).dbSizeQuota, "5000");
  assert.equal((await ask(...frees.delete)).error, undefined);
  await alarm("DEACTIVATE", "NOSPACE", "7");
  assert.equal((await putMuch()).error, noSpace.error, "there is no more space than before");
  await delay(20);
  assert.deepEqual(await alarm("GET", "NONE"), { alarms });
});
