import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AlarmRequestSchema,
  AlarmResponseSchema,
  DowngradeRequest_DowngradeAction,
  DowngradeRequestSchema,
  DowngradeResponseSchema,
  HashKVRequestSchema,
  HashKVResponseSchema,
  MemberListRequestSchema,
  MemberListResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  StatusRequestSchema,
  StatusResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../src/index.ts";
import { failure, serveFake } from "./support/serve-fake.ts";

test("the member list has peer URLs from the configuration, and what members published", async (context) => {
  const { client, parts, replica } = await serveFake(context);
  await replica.submit(
    parts.encodeCommand({ type: "publish-member", member: 8, name: "acht", clientUrls: ["http://h8:2379"] }),
  );
  const list = (linearizable: boolean) =>
    client.call("Cluster/MemberList", MemberListRequestSchema, MemberListResponseSchema, { linearizable });
  const { header, members } = await list(false);
  assert.deepEqual([header?.memberId, header?.revision], [7n, 0n]);
  assert.deepEqual(
    members.map(({ ID, name, peerURLs, clientURLs, isLearner }) => [ID, name, peerURLs, clientURLs, isLearner]),
    [
      [7n, "", ["http://127.0.0.1:2380"], [], false],
      [8n, "acht", ["http://127.0.0.1:2480"], ["http://h8:2379"], false],
      [9n, "", ["http://127.0.0.1:2580", "http://127.0.0.1:2680"], [], true],
    ],
  );
  // Whoever keeps leases asks for one of its own when it begins.
  const before = replica.barriers;
  await list(false);
  assert.equal(replica.barriers, before);
  await list(true);
  assert.equal(replica.barriers, before + 1);
  replica.failsWith = "no-leader";
  assert.deepEqual(await failure(list(true)), [14, "etcdserver: no leader"]);
  assert.equal((await list(false)).members.length, 3);
});

test("a member that left is neither listed nor accused, although its address is kept until it knows", async (context) => {
  const { client, replica } = await serveFake(context);
  const { configuration } = replica.status;
  replica.change({ configuration: { ...configuration, voters: [7], removed: [8] } });
  const list = await client.call("Cluster/MemberList", MemberListRequestSchema, MemberListResponseSchema, {});
  assert.deepEqual(
    list.members.map(({ ID }) => ID),
    [7n, 9n],
  );
  replica.stateComparison = { ...replica.stateComparison, isUndecided: true };
  const { alarms } = await client.call("Maintenance/Alarm", AlarmRequestSchema, AlarmResponseSchema, {});
  assert.deepEqual(
    alarms.map(({ memberID }) => memberID),
    [7n, 9n],
  );
});

test("Status tells version, leader and indexes, and what is wrong", async (context) => {
  const { client, replica } = await serveFake(context);
  const status = () => client.call("Maintenance/Status", StatusRequestSchema, StatusResponseSchema, {});
  const healthy = await status();
  assert.match(healthy.version, /^3\.6\.\d+$/);
  assert.equal(healthy.storageVersion, healthy.version);
  assert.deepEqual([healthy.downgradeInfo?.enabled, healthy.downgradeInfo?.targetVersion], [false, ""]);
  assert.deepEqual(
    [healthy.leader, healthy.raftTerm, healthy.raftAppliedIndex, healthy.isLearner],
    [7n, 3n, 1n, false],
  );
  assert.equal(healthy.header?.revision, 1n);
  assert.deepEqual(healthy.errors, []);
  replica.change({ leader: 0, role: "follower", quarantined: true });
  const alone = await status();
  assert.equal(alone.leader, 0n);
  assert.equal(alone.errors[0], "etcdserver: no leader");
  assert.match(alone.errors[1] ?? "", /quarantined/);
});

test("HashKV differs where the state differs, and takes a revision", async (context) => {
  const { client } = await serveFake(context);
  const hash = (revision: bigint) =>
    client.call("Maintenance/HashKV", HashKVRequestSchema, HashKVResponseSchema, { revision });
  const put = (value: string) =>
    client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: Buffer.from("k"), value: Buffer.from(value) });
  await put("one");
  const first = await hash(0n);
  assert.equal(first.hashRevision, 2n);
  await put("two");
  assert.notEqual((await hash(0n)).hash, first.hash);
  assert.equal((await hash(2n)).hash, first.hash);
  assert.deepEqual(await failure(hash(99n)), [11, "etcdserver: mvcc: required revision is a future revision"]);
});

test("members whose state differs have the alarm CORRUPT, all of them while none has a majority", async (context) => {
  const { client, replica, condition } = await serveFake(context);
  const alarm = (action: 0 | 1 | 2) =>
    client.call("Maintenance/Alarm", AlarmRequestSchema, AlarmResponseSchema, { action });
  const errors = async () =>
    (await client.call("Maintenance/Status", StatusRequestSchema, StatusResponseSchema, {})).errors;
  assert.deepEqual((await alarm(0)).alarms, []);
  assert.deepEqual((await alarm(2)).alarms, []);
  assert.deepEqual(await errors(), []);

  const raised = async () => (await alarm(0)).alarms.map(({ memberID, alarm: kind }) => [memberID, kind]);
  replica.stateComparison = { ...replica.stateComparison, differing: [8] };
  assert.deepEqual(await raised(), [[8n, 2]]);
  assert.match((await errors()).join(), /the state of 8 differs from the majority's/);
  replica.stateComparison = { ...replica.stateComparison, differing: [], isUndecided: true };
  assert.deepEqual(await raised(), [
    [7n, 2],
    [8n, 2],
    [9n, 2],
  ]);
  assert.match((await errors()).join(), /none has a majority/);
  condition.isRebuilding = true;
  assert.match((await errors()).join(), /rebuilding its state/);
});

test("local reads wait like linearizable ones while the state is rebuilt", async (context) => {
  const { client, replica, condition } = await serveFake(context);
  const read = () =>
    client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key: Buffer.from("k"), serializable: true });
  const readTxn = () =>
    client.call("KV/Txn", TxnRequestSchema, TxnResponseSchema, {
      success: [{ request: { case: "requestRange", value: { key: Buffer.from("k"), serializable: true } } }],
    });
  await read();
  const before = replica.barriers;
  await read();
  await readTxn();
  assert.equal(replica.barriers, before);
  condition.isRebuilding = true;
  await read();
  await readTxn();
  assert.equal(replica.barriers, before + 2);
  replica.failsWith = "timeout";
  assert.deepEqual(await failure(read()), [14, "etcdserver: request timed out"]);
});

test("no version is a target of a downgrade, and none is under way, in etcd's words", async (context) => {
  const { client, url, replica } = await serveFake(context);
  const ask = (action: DowngradeRequest_DowngradeAction, version: string): Promise<readonly [number, string]> =>
    failure(client.call("Maintenance/Downgrade", DowngradeRequestSchema, DowngradeResponseSchema, { action, version }));
  const { VALIDATE: validate, ENABLE: enable, CANCEL: cancel } = DowngradeRequest_DowngradeAction;
  const [noTarget, noVersion] = ["invalid downgrade target version", "wrong downgrade target version format"];
  for (const [version, why] of [
    ["3.5.0", noTarget],
    ["3.5", noTarget],
    // Nor is what is served.
    ["3.6.0", noTarget],
    ["0.0.9-rc.1+build", noTarget],
    ["", noVersion],
    ["3", noVersion],
    ["v3.5.0", noVersion],
    ["3.5.x", noVersion],
    ["3.5-rc", noVersion],
    ["3.5.0.1", noVersion],
  ] as const) {
    assert.deepEqual(await ask(validate, version), [3, `etcdserver: ${why}`], version);
    assert.deepEqual(await ask(enable, version), [3, `etcdserver: ${why}`], version);
  }
  assert.deepEqual(await ask(cancel, ""), [9, "etcdserver: no inflight downgrade job"]);
  assert.deepEqual(await ask(7 as DowngradeRequest_DowngradeAction, "3.5.0"), [3, "etcdserver: unknown method"]);
  const body = JSON.stringify({ action: "ENABLE", version: "3.5.0" });
  const answer = await fetch(`${url}/v3/maintenance/downgrade`, { method: "POST", body });
  const { message } = (await answer.json()) as { message: string };
  assert.deepEqual([answer.status, message], [400, `etcdserver: ${noTarget}`]);
  assert.equal(replica.proposals, 0);
});

test("services of later versions are unknown, in gRPC's words", async (context) => {
  const { client } = await serveFake(context);
  const unknown = client.call("KV/Forget", StatusRequestSchema, StatusResponseSchema, {});
  assert.deepEqual(await failure(unknown), [12, "unknown method Forget for service etcdserverpb.KV"]);
  const elsewhere = client.call("Time/Travel", StatusRequestSchema, StatusResponseSchema, {});
  assert.deepEqual(await failure(elsewhere), [12, "unknown service etcdserverpb.Time"]);
});
