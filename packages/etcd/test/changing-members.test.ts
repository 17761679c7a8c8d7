import assert from "node:assert/strict";
import { test } from "node:test";
import type { MembershipRefusal } from "@quorate/replica";
import {
  MemberAddRequestSchema,
  MemberAddResponseSchema,
  MemberPromoteRequestSchema,
  MemberPromoteResponseSchema,
  MemberRemoveRequestSchema,
  MemberRemoveResponseSchema,
  MemberUpdateRequestSchema,
  MemberUpdateResponseSchema,
  MoveLeaderRequestSchema,
  MoveLeaderResponseSchema,
} from "../src/index.ts";
import { failure, serveFake, type EtcdClient } from "./support/serve-fake.ts";

const add = (client: EtcdClient, peerURLs: string[], isLearner = false) =>
  client.call("Cluster/MemberAdd", MemberAddRequestSchema, MemberAddResponseSchema, { peerURLs, isLearner });
const remove = (client: EtcdClient, ID: bigint) =>
  client.call("Cluster/MemberRemove", MemberRemoveRequestSchema, MemberRemoveResponseSchema, { ID });
const update = (client: EtcdClient, ID: bigint, peerURLs: string[]) =>
  client.call("Cluster/MemberUpdate", MemberUpdateRequestSchema, MemberUpdateResponseSchema, { ID, peerURLs });
const promote = (client: EtcdClient, ID: bigint) =>
  client.call("Cluster/MemberPromote", MemberPromoteRequestSchema, MemberPromoteResponseSchema, { ID });
const move = (client: EtcdClient, targetID: bigint) =>
  client.call("Maintenance/MoveLeader", MoveLeaderRequestSchema, MoveLeaderResponseSchema, { targetID });

test("etcd's member calls become operations, under ids of 53 random bits", async (context) => {
  const { client, replica } = await serveFake(context);
  const { header } = await add(client, ["http://127.0.0.1:2780"]);
  assert.equal(header?.revision, 0n);
  await add(client, ["http://127.0.0.1:2880", "http://127.0.0.1:2881"], true);
  await update(client, 8n, ["http://127.0.0.1:2481"]);
  await promote(client, 9n);
  const { members } = await remove(client, 8n);
  assert.equal(members.length, 3);
  const [plain, learner, ...rest] = replica.operations;
  assert.ok(plain?.kind === "add" && learner?.kind === "add");
  assert.deepEqual([plain.isPromotable, learner.isPromotable], [true, false]);
  assert.deepEqual(learner.member.peerUrls, ["http://127.0.0.1:2880", "http://127.0.0.1:2881"]);
  assert.ok(Number.isSafeInteger(plain.member.id) && plain.member.id > 0 && plain.member.id !== learner.member.id);
  assert.deepEqual(rest, [
    // The name stays.
    { kind: "update", member: { id: 8, name: "eight", peerUrls: ["http://127.0.0.1:2481"] } },
    { kind: "promote", id: 9 },
    { kind: "remove", id: 8 },
  ]);
});

test("what is refused is refused in etcd's codes and words", async (context) => {
  const { client, replica } = await serveFake(context);
  const refused = (refusal: MembershipRefusal, call: () => Promise<unknown>) => {
    replica.refusesWith = refusal;
    return failure(call());
  };
  const url = ["http://127.0.0.1:2780"];
  const invalid = [3, "etcdserver: given member URLs are invalid"];
  assert.deepEqual(await failure(add(client, [])), invalid);
  assert.deepEqual(await failure(add(client, ["nonsense"])), invalid);
  assert.deepEqual(await failure(update(client, 8n, ["http://no-port"])), invalid);
  const notFound = [5, "etcdserver: member not found"];
  assert.deepEqual(await failure(remove(client, 0xffff_ffff_ffff_ffffn)), notFound);
  assert.deepEqual(replica.operations, []);
  assert.deepEqual(await refused("unknown-member", () => remove(client, 77n)), notFound);
  assert.deepEqual(await refused("address-in-use", () => add(client, url)), [
    9,
    "etcdserver: Peer URLs already exists",
  ]);
  assert.deepEqual(await refused("id-in-use", () => add(client, url)), [9, "etcdserver: member ID already exist"]);
  assert.deepEqual(await refused("not-a-learner", () => promote(client, 8n)), [
    9,
    "etcdserver: can only promote a learner member",
  ]);
  assert.deepEqual(await refused("not-caught-up", () => promote(client, 9n)), [
    9,
    "etcdserver: can only promote a learner member which is in sync with leader",
  ]);
  const notEnough = [9, "etcdserver: re-configuration failed due to not enough started members"];
  assert.deepEqual(await refused("not-caught-up", () => remove(client, 8n)), notEnough);
  assert.deepEqual(await refused("no-voters-left", () => remove(client, 8n)), notEnough);
  assert.deepEqual(await refused("not-ready", () => add(client, url)), [14, "etcdserver: unhealthy cluster"]);
  assert.deepEqual(await refused("change-in-progress", () => add(client, url)), [
    9,
    "quorate: a test asked for change-in-progress",
  ]);
  replica.failsWith = "no-leader";
  assert.deepEqual(await failure(add(client, url)), [14, "etcdserver: no leader"]);
});

test("MoveLeader is for the leader, and names a voter", async (context) => {
  const { client, replica } = await serveFake(context);
  await move(client, 7n);
  assert.deepEqual(replica.operations, []);
  await move(client, 8n);
  assert.deepEqual(replica.operations, [{ kind: "transfer", to: 8 }]);
  const badTransferee = [9, "etcdserver: bad leader transferee"];
  assert.deepEqual(await failure(move(client, 9n)), badTransferee);
  assert.deepEqual(await failure(move(client, 77n)), badTransferee);
  replica.refusesWith = "transfer-failed";
  assert.deepEqual(await failure(move(client, 8n)), [
    14,
    "etcdserver: request timed out, leader transfer took too long",
  ]);
  replica.change({ role: "follower", leader: 8 });
  assert.deepEqual(await failure(move(client, 8n)), [9, "etcdserver: not leader"]);
});
