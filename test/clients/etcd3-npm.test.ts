import assert from "node:assert/strict";
import { test } from "node:test";
import { Etcd3 } from "etcd3";
import { startClientTarget } from "../harness/client-target.ts";
import { tryServices } from "./etcd3-npm-services.ts";

test("the npm client etcd3, unmodified", async (context) => {
  const endpoints = await startClientTarget(context);
  const client = new Etcd3({ hosts: endpoints.map((endpoint) => `http://${endpoint}`) });
  context.after(() => client.close());

  await context.test("put, get and delete", async () => {
    await client.put("greeting").value("hello");
    assert.equal(await client.get("greeting").string(), "hello");
    assert.equal((await client.delete().key("greeting")).deleted, "1");
    assert.equal(await client.get("greeting").string(), null);
  });

  await context.test("values as text, numbers, JSON and bytes", async () => {
    await client.put("number").value(42);
    assert.equal(await client.get("number").number(), 42);
    await client.put("json").value(JSON.stringify({ a: [1, "\u00e9"] }));
    assert.deepEqual(await client.get("json").json(), { a: [1, "\u00e9"] });
    const bytes = Buffer.from([0, 255, 10, 128]);
    await client.put("bytes").value(bytes);
    assert.deepEqual(await client.get("bytes").buffer(), bytes);
  });

  await context.test("a put gives back the previous value and its revisions", async () => {
    const first = await client.put("previous").value("old");
    const second = await client.put("previous").value("new").getPrevious();
    assert.equal(second.value.toString(), "old");
    assert.equal(second.mod_revision, first.header.revision);
  });

  await context.test("a prefix: limit, order, keys, count and deletion", async () => {
    for (const [key, value] of Object.entries({ b: "1", a: "3", c: "2" })) await client.put(`many/${key}`).value(value);
    assert.deepEqual(await client.getAll().prefix("many/").strings(), { "many/a": "3", "many/b": "1", "many/c": "2" });
    assert.deepEqual(await client.getAll().prefix("many/").limit(2).keys(), ["many/a", "many/b"]);
    assert.deepEqual(await client.getAll().prefix("many/").sort("Value", "Descend").keys(), [
      "many/a",
      "many/c",
      "many/b",
    ]);
    assert.equal(await client.getAll().prefix("many/").count(), 3);
    assert.equal((await client.delete().prefix("many/")).deleted, "3");
    assert.equal(await client.getAll().prefix("many/").count(), 0);
  });

  await context.test("the past, by revision", async () => {
    const first = await client.put("past").value("one");
    await client.put("past").value("two");
    assert.equal(await client.get("past").revision(first.header.revision).string(), "one");
    await assert.rejects(
      async () =>
        client
          .get("past")
          .revision(Number(first.header.revision) + 1_000_000)
          .string(),
      /required revision is a future revision/,
    );
  });

  await context.test("a transaction takes the branch that its comparisons choose", async () => {
    await client.put("account").value("10");
    const transfer = () =>
      client
        .if("account", "Value", "==", "10")
        .then(client.put("account").value("20"), client.get("account"))
        .else(client.get("account"))
        .commit();
    const taken = await transfer();
    assert.equal(taken.succeeded, true);
    assert.equal(taken.responses[1]?.response_range.kvs[0]?.value.toString(), "20");
    const refused = await transfer();
    assert.equal(refused.succeeded, false);
    assert.equal(refused.responses.length, 1);
  });

  await context.test("create only when absent", async () => {
    const create = () => client.if("once", "Create", "==", 0).then(client.put("once").value("mine")).commit();
    assert.equal((await create()).succeeded, true);
    assert.equal((await create()).succeeded, false);
  });

  await context.test("software transactional memory, which retries on conflicts", async () => {
    await client.put("counter").value(0);
    await Promise.all(
      Array.from({ length: 5 }, () =>
        client.stm({ retries: 50 }).transact(async (transaction) => {
          const value = (await transaction.get("counter").number()) ?? 0;
          await transaction.put("counter").value(value + 1);
        }),
      ),
    );
    assert.equal(await client.get("counter").number(), 5);
  });

  await context.test("serializable reads", async () => {
    await client.put("serializable").value("yes");
    const value = await client.get("serializable").serializable(true).string();
    assert.ok(value === "yes" || value === null);
  });

  await context.test("status and members", async () => {
    const status = await client.maintenance.status();
    assert.match(status.version, /^\d+\.\d+\.\d+/);
    assert.notEqual(status.leader, "0");
    const { members } = await client.cluster.memberList({});
    assert.deepEqual(members.map(({ name }) => name).sort(), ["m1", "m2", "m3"]);
    assert.deepEqual(
      members.flatMap(({ clientURLs }) => clientURLs).sort(),
      endpoints.map((endpoint) => `http://${endpoint}`).sort(),
    );
  });

  await context.test("an empty key is refused with etcd's words", async () => {
    await assert.rejects(async () => client.put("").value("x"), /etcdserver: key is not provided/);
  });

  await tryServices(context, client, endpoints);
});
