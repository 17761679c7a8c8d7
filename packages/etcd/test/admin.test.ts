import assert from "node:assert/strict";
import { test } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { BackupReader } from "@quorate/store";
import { admin, PutRequestSchema, PutResponseSchema } from "../src/index.ts";
import { failure, serveFake, type EtcdClient } from "./support/serve-fake.ts";

type Operation = NonNullable<MessageInitShape<typeof admin.ChangeRequestSchema>["operation"]>;

const describe = (client: EtcdClient) =>
  client.callPath("/quorate.v1.Admin/Describe", admin.DescribeRequestSchema, admin.DescribeResponseSchema, {});
const change = (client: EtcdClient, operation: Operation) =>
  client.callPath("/quorate.v1.Admin/Change", admin.ChangeRequestSchema, admin.ChangeResponseSchema, { operation });

test("Describe says who the members are and how far each has come", async (context) => {
  const { client, parts, replica } = await serveFake(context);
  await replica.submit(
    parts.encodeCommand({ type: "publish-member", member: 8, name: "acht", clientUrls: ["http://h8:2379"] }),
  );
  replica.change({
    lastIndex: 40,
    followers: [
      { id: 8, state: "replicating", match: 40, heardMsAgo: 3 },
      { id: 9, state: "snapshot", match: 0, heardMsAgo: 30 },
    ],
  });
  replica.transfers = {
    ...replica.transfers,
    sending: { to: 9, isIncrement: false, sentBytes: 1000, totalBytes: 5000 },
  };
  const answer = await describe(client);
  assert.deepEqual([answer.clusterId, answer.memberId, answer.leader], [0x1234_5678_9abcn, 7n, 7n]);
  assert.deepEqual(answer.timing?.electionTimeoutMs, 1000);
  const rows = answer.members.map(({ name, role, clientUrls, progress }) => [name, role, clientUrls, progress]);
  const { VOTER, LEARNER } = admin.Role;
  assert.deepEqual(rows[0], ["seven", VOTER, [], undefined]);
  assert.deepEqual(rows[1]?.slice(0, 3), ["acht", VOTER, ["http://h8:2379"]]);
  assert.deepEqual(rows[2]?.slice(0, 3), ["nine", LEARNER, []]);
  const { progress } = answer.members[2] as admin.Member;
  assert.deepEqual(
    [progress?.state, progress?.heardMsAgo, progress?.sentBytes, progress?.totalBytes],
    ["snapshot", 30n, 1000n, 5000n],
  );
});

test("members that left with the last change are not described, those that are about to leave are", async (context) => {
  const { client, replica } = await serveFake(context);
  const { configuration } = replica.status;
  replica.change({ configuration: { ...configuration, voters: [7], outgoing: [7, 8], learners: [] } });
  const { isJoint, members } = await describe(client);
  assert.ok(isJoint);
  assert.deepEqual(
    members.map(({ id, role }) => [id, role]),
    [
      [7n, admin.Role.VOTER],
      [8n, admin.Role.LEAVING],
    ],
  );
});

test("every operation arrives as it was asked for", async (context) => {
  const { client, replica } = await serveFake(context);
  const peerUrls = ["http://127.0.0.1:2780"];
  const add = { id: 77n, name: "new", peerUrls, isPromotable: true, priority: 5 };
  assert.equal((await change(client, { case: "add", value: add })).addedId, 77n);
  await change(client, { case: "remove", value: { id: 8n } });
  await change(client, { case: "promote", value: { id: 9n } });
  await change(client, { case: "update", value: { id: 9n, name: "neun", peerUrls } });
  await change(client, { case: "voters", value: { ids: [7n, 9n] } });
  await change(client, { case: "timing", value: { electionTimeoutMs: 2000, clockDriftPpm: 500 } });
  await change(client, { case: "abandon", value: {} });
  await change(client, { case: "transfer", value: {} });
  const { cluster } = await change(client, { case: "transfer", value: { to: 8n } });
  assert.equal(cluster?.memberId, 7n);
  assert.deepEqual(replica.operations, [
    { kind: "add", member: { id: 77, name: "new", peerUrls, priority: 5 }, isPromotable: true },
    { kind: "remove", id: 8 },
    { kind: "promote", id: 9 },
    { kind: "update", member: { id: 9, name: "neun", peerUrls } },
    { kind: "voters", voters: [7, 9] },
    { kind: "timing", timing: { electionTimeoutMs: 2000, clockDriftPpm: 500 } },
    { kind: "abandon" },
    { kind: "transfer", to: undefined },
    { kind: "transfer", to: 8 },
  ]);
  const chosen = await change(client, { case: "add", value: { ...add, id: 0n } });
  assert.ok(chosen.addedId > 0n && chosen.addedId < 2n ** 53n);
});

test("what makes no sense is refused, and so is what the leader refuses", async (context) => {
  const { client, replica } = await serveFake(context);
  const code = async (operation: Operation) => (await failure(change(client, operation)))[0];
  assert.equal(await code({ case: undefined }), 3);
  assert.equal(await code({ case: "remove", value: { id: 0n } }), 3);
  assert.equal(await code({ case: "voters", value: { ids: [2n ** 60n] } }), 3);
  assert.equal(await code({ case: "add", value: { name: "x", peerUrls: ["nonsense"] } }), 3);
  assert.equal(await code({ case: "add", value: { name: "x", peerUrls: ["http://h:1"], priority: 101 } }), 3);
  assert.deepEqual(replica.operations, []);
  replica.refusesWith = "not-caught-up";
  const refused = failure(change(client, { case: "promote", value: { id: 9n } }));
  assert.deepEqual(await refused, [9, "quorate: a test asked for not-caught-up"]);
});

test("an election timeout in which no quorum could answer is refused: nobody could set it back", async (context) => {
  const { client, replica } = await serveFake(context);
  const { configuration } = replica.status;
  replica.change({ configuration: { ...configuration, voters: [7, 8, 9] }, roundTripMs: { 8: 300, 9: 60 } });
  const set = (electionTimeoutMs: number) =>
    change(client, { case: "timing", value: { electionTimeoutMs, clockDriftPpm: 500 } });
  const [code, message] = await failure(set(119));
  assert.equal(code, 9);
  assert.match(message, /a quorum takes 60 ms to answer/);
  await set(120);
  replica.change({ roundTripMs: { 8: 3000, 9: 3000 } });
  assert.equal((await failure(set(999)))[0], 9);
  await set(1000);
  assert.equal(replica.operations.length, 2, "what is as long as it was, or longer, makes nothing worse");
});

const readBackup = (client: EtcdClient, id: bigint) =>
  client.callPath("/quorate.v1.Admin/ReadBackup", admin.ReadBackupRequestSchema, admin.ReadBackupResponseSchema, {
    id,
  });

test("a backup holds what was committed when it was begun, and is read piece by piece", async (context) => {
  const { client } = await serveFake(context);
  const put = (key: string) =>
    client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: Buffer.from(key), value: Buffer.from("v") });
  await put("before");
  const reader = new BackupReader();
  let piece = await readBackup(client, 0n);
  const { id } = piece;
  await put("after");
  while (!piece.isLast) {
    reader.take(piece.data);
    piece = await readBackup(client, id);
  }
  const { keyCount, revision, label } = reader.finish();
  assert.deepEqual([keyCount, revision], [1, 2]);
  assert.match(Buffer.from(label).toString(), /"memberId":"7"/);
  assert.deepEqual(await failure(readBackup(client, id)), [
    9,
    `quorate: the backup ${id} is over, or was never begun: begin anew`,
  ]);
});

test("so many backups at a time and no more, and none where no leader answers", async (context) => {
  const { client, parts, replica } = await serveFake(context);
  replica.failsWith = "no-leader";
  assert.deepEqual(await failure(readBackup(client, 0n)), [14, "etcdserver: no leader"]);
  replica.failsWith = undefined;
  for (let count = 0; count < 4; count++) await readBackup(client, 0n);
  assert.deepEqual(await failure(readBackup(client, 0n)), [8, "etcdserver: too many requests"]);
  parts.backups.close();
  assert.deepEqual(await failure(readBackup(client, 0n)), [14, "etcdserver: server stopped"]);
});
