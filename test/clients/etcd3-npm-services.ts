import assert from "node:assert/strict";
import { once } from "node:events";
import type { TestContext } from "node:test";
import { Etcd3, EtcdLeaseInvalidError, EtcdLockFailedError, Role, type IPermissionResult } from "etcd3";
import { until } from "../harness/until.ts";

/** All that the npm client offers beside keys and values. Users and roles come last: while they count, nobody else is let in. */
export async function tryServices(context: TestContext, client: Etcd3, endpoints: readonly string[]): Promise<void> {
  await leases(context, client);
  await watches(context, client);
  await locks(context, client);
  await elections(context, client);
  await maintenance(context, client);
  await usersAndRoles(context, client, endpoints);
}

async function leases(context: TestContext, client: Etcd3): Promise<void> {
  await context.test("a lease: granted, with keys, kept alive once and by itself, revoked", async () => {
    const lease = client.lease(60, { autoKeepAlive: false });
    const id = await lease.grant();
    await lease.put("leased/1").value("one");
    await client.put("leased/2").value("two").lease(id);
    assert.ok(Number((await lease.keepaliveOnce()).TTL) > 50);
    const left = await client.leaseClient.leaseTimeToLive({ ID: id, keys: true });
    assert.deepEqual(left.keys.map(String).toSorted(), ["leased/1", "leased/2"]);
    assert.ok((await client.leaseClient.leaseLeases()).leases.some(({ ID }) => ID === id));
    await lease.revoke();
    assert.equal(await client.getAll().prefix("leased/").count(), 0);
    await assert.rejects(async () => client.put("leased/3").value("x").lease(id), EtcdLeaseInvalidError);
  });

  await context.test("a lease that renews itself outlives its time, and one that is let go does not", async () => {
    const lease = client.lease(2);
    await lease.put("kept").value("yes");
    await once(lease, "keepaliveSucceeded");
    await once(lease, "keepaliveSucceeded");
    await once(lease, "keepaliveSucceeded");
    assert.equal(await client.get("kept").string(), "yes");
    lease.release();
    await until("the key is gone", 15_000, async () => ((await client.get("kept").exists()) ? undefined : true));
  });
}

async function watches(context: TestContext, client: Etcd3): Promise<void> {
  await context.test("watches of a key, a prefix and the past; filters, previous values, cancelling", async () => {
    const heard: string[] = [];
    const prefix = await client.watch().prefix("watched/").withPreviousKV().create();
    prefix.on("put", ({ key, value }, previous) =>
      heard.push(`put ${String(key)}=${String(value)} was ${String(previous?.value)}`),
    );
    prefix.on("delete", ({ key }, previous) => heard.push(`delete ${String(key)} was ${String(previous?.value)}`));
    const deletions: string[] = [];
    const only = await client.watch().key("watched/1").only("delete").create();
    only.on("data", ({ events }) => deletions.push(...events.map(({ type }) => type)));
    const { header } = await client.put("watched/1").value("a");
    await client.put("watched/1").value("b");
    await client.delete().key("watched/1");
    await until("all is heard", 10_000, async () => (heard.length === 3 && deletions.length === 1 ? true : undefined));
    assert.deepEqual(heard, ["put watched/1=a was undefined", "put watched/1=b was a", "delete watched/1 was b"]);
    const past: string[] = [];
    const since = await client.watch().prefix("watched/").startRevision(header.revision).create();
    since.on("put", ({ value }) => past.push(String(value)));
    await until("the past is heard", 10_000, async () => (past.length === 2 ? true : undefined));
    await Promise.all([prefix.cancel(), only.cancel(), since.cancel()]);
    await client.put("watched/2").value("unheard");
    assert.equal(heard.length, 3);
  });

  await context.test("a namespace sees its own keys alone", async () => {
    const inside = client.namespace("space/");
    const watcher = await inside.watch().prefix("").create();
    const put = once(watcher, "put");
    await inside.put("k").value("v");
    const [{ key }] = (await put) as [{ key: Buffer }];
    assert.equal(String(key), "k");
    assert.equal(await client.get("space/k").string(), "v");
    await watcher.cancel();
  });
}

async function locks(context: TestContext, client: Etcd3): Promise<void> {
  await context.test("a lock is one's own until it is released", async () => {
    const first = client.lock("mutex").ttl(10);
    await first.acquire();
    assert.ok((await first.leaseId()) !== null);
    await assert.rejects(() => client.lock("mutex").acquire(), EtcdLockFailedError);
    await first.release();
    assert.equal(await client.lock("mutex").do(() => "done"), "done");
  });
}

async function elections(context: TestContext, client: Etcd3): Promise<void> {
  await context.test("an election: campaigns, proclamations, an observer, and the next leader", async () => {
    const election = client.election("president", 10);
    const first = election.campaign("one");
    await first.wait();
    assert.equal(await election.leader(), "one");
    const observer = await election.observe();
    const seen: (string | undefined)[] = [];
    observer.on("change", (value) => seen.push(value));
    await first.proclaim("one again");
    const second = election.campaign("two");
    await until("the proclamation is seen", 10_000, async () => (seen.includes("one again") ? true : undefined));
    await first.resign();
    await second.wait();
    await until("the second is seen", 10_000, async () => (seen.at(-1) === "two" ? true : undefined));
    assert.match(await second.getCampaignKey(), /president/);
    await observer.cancel();
    await second.resign();
    assert.equal(await election.leader(), undefined);
  });
}

async function maintenance(context: TestContext, client: Etcd3): Promise<void> {
  await context.test("status, hash, alarms, defragmentation and compaction", async () => {
    const { version, leader } = await client.maintenance.status();
    assert.match(version, /^\d+\.\d+\.\d+$/);
    assert.notEqual(leader, "0");
    assert.ok((await client.maintenance.hash()).hash !== undefined);
    assert.deepEqual((await client.maintenance.alarm({})).alarms, []);
    await client.maintenance.defragment();
    const { header } = await client.put("compacted").value("x");
    await client.kv.compact({ revision: header.revision, physical: true });
    await assert.rejects(async () => client.get("compacted").revision(1).string(), /has been compacted/);
  });
}

async function usersAndRoles(context: TestContext, client: Etcd3, endpoints: readonly string[]): Promise<void> {
  await context.test("roles, permissions, users; then only who has a password is let in", async () => {
    const role = client.role("app");
    await role.create();
    await role.grant({ permission: "Readwrite", range: client.range({ prefix: "app/" }) });
    const [granted] = (await role.permissions()) as [IPermissionResult];
    assert.equal(granted.permission, "Readwrite");
    const ann = client.user("ann");
    await ann.create("first");
    await ann.setPassword("password");
    await ann.addRole(role);
    assert.deepEqual(
      (await ann.roles()).map(({ name }) => name),
      ["app"],
    );
    const root = client.user("root");
    await root.create("root-password");
    await new Role(client.auth, "root").create();
    await root.addRole("root");
    assert.deepEqual(
      (await client.getUsers()).map(({ name }) => name),
      ["ann", "root"],
    );
    assert.deepEqual(
      (await client.getRoles()).map(({ name }) => name),
      ["app", "root"],
    );
    await client.auth.authEnable();
    const hosts = endpoints.map((endpoint) => `http://${endpoint}`);
    const asAnn = new Etcd3({ hosts, auth: { username: "ann", password: "password" } });
    const asRoot = new Etcd3({ hosts, auth: { username: "root", password: "root-password" } });
    try {
      await asAnn.put("app/1").value("mine");
      assert.equal(await asAnn.get("app/1").string(), "mine");
      await assert.rejects(async () => asAnn.get("other").string(), /permission denied/);
      await assert.rejects(async () => client.get("app/1").string(), /user name is empty/);
      await asRoot.role("app").revoke({ permission: "Readwrite", range: client.range({ prefix: "app/" }) });
      // Through a member that has not heard of it yet, the call is too old to be judged: Go's client then asks again by itself.
      await assert.rejects(async () => asAnn.get("app/1").string(), /permission denied|revision of auth store is old/);
      await againWhileOld(() => asRoot.user("ann").removeRole("app"));
      await againWhileOld(() => asRoot.auth.authDisable());
      await client.user("ann").delete();
      await client.role("app").delete();
    } finally {
      asAnn.close();
      asRoot.close();
    }
  });
}

function againWhileOld<T>(call: () => Promise<T>): Promise<true> {
  return until("the member knows of the last change", 10_000, async () => {
    try {
      await call();
      return true;
    } catch (error) {
      if (!String(error).includes("revision of auth store is old")) throw error;
      return undefined;
    }
  });
}
