import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Configuration, MemberId } from "@quorate/raft";
import type { ReplicaError } from "../src/errors.ts";
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  type Answer,
} from "../src/membership/administration-codec.ts";
import type { MembershipOperation } from "../src/membership/membership-operation.ts";
import { isSatisfied } from "../src/membership/perform.ts";
import { SimulatedCluster } from "./support/simulated-cluster.ts";

interface Asked {
  error: ReplicaError | undefined;
  configuration: Configuration | undefined;
  isOver: boolean;
}

function ask(cluster: SimulatedCluster, id: MemberId, operation: MembershipOperation): Asked {
  const asked: Asked = { error: undefined, configuration: undefined, isOver: false };
  cluster.member(id).replica.administer(operation, (error, configuration) => {
    Object.assign(asked, { error, configuration, isOver: true });
  });
  return asked;
}

function change(cluster: SimulatedCluster, id: MemberId, operation: MembershipOperation): Configuration {
  const asked = ask(cluster, id, operation);
  cluster.until(() => asked.isOver, 20_000);
  assert.equal(asked.error, undefined);
  return asked.configuration as Configuration;
}

const address = (id: number) => ({ id, name: `m${id}`, peerUrls: [`http://10.0.0.${id}:2380`] });

function withLearner(id: number, isPromotable = false): SimulatedCluster {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  change(cluster, leader, { kind: "add", member: address(id), isPromotable });
  return cluster;
}

test("a learner that is added on any member receives the log, and does not vote", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  cluster.propose(leader, "before");
  const [follower = 0] = cluster.followerIds;
  const configuration = change(cluster, follower, { kind: "add", member: address(4), isPromotable: false });
  assert.deepEqual([configuration.voters, configuration.learners], [[1, 2, 3], [4]]);
  cluster.join(4, configuration);
  cluster.until(() => cluster.member(4).journal.text === "before");
  cluster.world.run(10_000);
  assert.deepEqual(cluster.member(leader).replica.status.configuration.voters, [1, 2, 3], "nobody promoted it");
});

test("a promotable learner votes by itself once it has caught up", () => {
  const cluster = withLearner(4, true);
  const leader = cluster.leaderId as number;
  for (let at = 0; at < 20; at++) cluster.propose(leader, `c${at}`);
  cluster.join(4, cluster.member(leader).replica.status.configuration);
  cluster.until(() => cluster.member(4).replica.status.configuration.voters.includes(4), 20_000);
  assert.equal(cluster.member(4).journal.commands.length, 20);
});

test("all voters are replaced in one step, the leader among them, and writes go on", () => {
  const cluster = new SimulatedCluster(3);
  const first = cluster.elect();
  for (const id of [4, 5, 6]) {
    const configuration = change(cluster, first, { kind: "add", member: address(id), isPromotable: false });
    cluster.join(id, configuration);
  }
  cluster.propose(first, "before");
  cluster.until(() => [4, 5, 6].every((id) => cluster.member(id).journal.text === "before"));
  const follower = cluster.followerIds.find((id) => id > 3) as number;
  const asked = ask(cluster, follower, { kind: "voters", voters: [4, 5, 6] });
  cluster.until(() => asked.isOver, 20_000);
  assert.equal(asked.error, undefined);
  assert.deepEqual(asked.configuration?.voters, [4, 5, 6]);
  for (const id of [1, 2, 3]) cluster.crash(id);
  const after = cluster.elect();
  assert.ok(after > 3);
  const written = cluster.propose(after, "after");
  cluster.until(() => written.outcome !== undefined);
  assert.match(written.outcome ?? "", /^after@/);
});

test("leadership goes to the member that is named, with no write lost and none failed", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const [target = 0, other = 0] = cluster.followerIds;
  const asked = ask(cluster, other, { kind: "transfer", to: target });
  const writes = Array.from({ length: 20 }, (_, at) => cluster.propose(leader, `w${at}`));
  cluster.until(() => asked.isOver && writes.every(({ outcome }) => outcome !== undefined), 10_000);
  assert.equal(asked.error, undefined);
  assert.equal(cluster.elect(), target);
  for (const { outcome } of writes) assert.match(outcome ?? "", /^w\d+@/);
});

test("a leader that is closed hands over first: the next one leads long before an election timeout", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  let closed = false;
  cluster.member(leader).replica.close(() => {
    closed = true;
  });
  const before = cluster.world.nowMs;
  cluster.until(() => closed);
  assert.ok(cluster.world.nowMs - before < 500, `${cluster.world.nowMs - before} ms`);
  cluster.crash(leader);
  cluster.until(() => cluster.leaderId !== undefined && cluster.leaderId !== leader, 500);
});

test("leadership moves to the member that is preferred, once it has followed well for a while", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const [preferred = 0, other = 0] = cluster.followerIds;
  cluster.crash(preferred);
  change(cluster, leader, { kind: "update", member: { ...address(preferred), priority: 50 } });
  cluster.world.run(20_000);
  assert.equal(cluster.leaderId, leader, "not to one that is down");
  cluster.start(preferred);
  cluster.until(() => cluster.leaderId === preferred, 20_000);
  assert.ok(cluster.member(leader).lines.some((line) => line.includes("which is preferred")));
  cluster.world.run(120_000);
  assert.equal(cluster.leaderId, preferred, "and stays there");
  assert.equal(cluster.member(other).replica.status.term, 3);
});

test("what cannot be is refused in words, and changes nothing", () => {
  const cluster = withLearner(4);
  const leader = cluster.leaderId as number;
  const [follower = 0] = cluster.followerIds;
  const refusals: readonly [MembershipOperation, string][] = [
    [{ kind: "add", member: address(4), isPromotable: true }, "id-in-use"],
    [{ kind: "add", member: { ...address(5), peerUrls: address(1).peerUrls }, isPromotable: true }, "address-in-use"],
    [{ kind: "add", member: { ...address(5), name: "m1" }, isPromotable: true }, "name-in-use"],
    [{ kind: "remove", id: 9 }, "unknown-member"],
    [{ kind: "promote", id: 1 }, "not-a-learner"],
    [{ kind: "promote", id: 4 }, "not-caught-up"],
    [{ kind: "voters", voters: [] }, "no-voters-left"],
    [{ kind: "voters", voters: [1, 9] }, "unknown-member"],
    [{ kind: "timing", timing: { electionTimeoutMs: 5, clockDriftPpm: 0 } }, "invalid"],
    [{ kind: "abandon" }, "nothing-to-abandon"],
    [{ kind: "transfer", to: 4 }, "invalid"],
  ];
  const before = cluster.member(leader).replica.status.configuration;
  for (const [operation, refusal] of refusals) {
    for (const id of [leader, follower]) {
      const asked = ask(cluster, id, operation);
      cluster.until(() => asked.isOver, 10_000);
      assert.equal(asked.error?.code, "refused", `${JSON.stringify(operation)}: ${asked.error?.message}`);
      assert.equal(asked.error?.refusal, refusal, asked.error?.message);
    }
  }
  assert.deepEqual(cluster.member(leader).replica.status.configuration, before);
});

test("refusals name members by the ids that people see", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const asked = ask(cluster, leader, { kind: "remove", id: 0xabcdef });
  cluster.until(() => asked.isOver, 10_000);
  assert.match(asked.error?.message ?? "", /no member abcdef:/);
});

test("a change of the priority alone counts as made once the priority is so", () => {
  const cluster = withLearner(4);
  const configuration = change(cluster, cluster.leaderId as number, {
    kind: "update",
    member: { ...address(4), priority: 7 },
  });
  const wanted = (priority: number): MembershipOperation => ({ kind: "update", member: { ...address(4), priority } });
  assert.deepEqual([isSatisfied(wanted(7), configuration), isSatisfied(wanted(8), configuration)], [true, false]);
});

test("a member that was removed is not let in again under its id", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const [follower = 0] = cluster.followerIds;
  change(cluster, leader, { kind: "remove", id: follower });
  const asked = ask(cluster, leader, { kind: "add", member: address(follower), isPromotable: true });
  cluster.until(() => asked.isOver);
  assert.equal(asked.error?.refusal, "id-was-removed");
});

test("asked without a leader, it waits for one and then says that there is none", () => {
  const cluster = new SimulatedCluster(3);
  cluster.elect();
  const [left = 0, ...others] = [...cluster.members.keys()];
  for (const id of others) cluster.crash(id);
  cluster.world.run(5000);
  const asked = ask(cluster, left, { kind: "remove", id: others[0] as number });
  cluster.until(() => asked.isOver, 20_000);
  assert.equal(asked.error?.code, "no-leader");
});

test("operations and answers come out as they went in, and garbage as nothing", () => {
  const plain = { noNullPrototype: true };
  const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  const member = fc.record({ id, name: fc.string(), peerUrls: fc.array(fc.string(), { maxLength: 4 }) }, plain);
  const operation: fc.Arbitrary<MembershipOperation> = fc.oneof(
    fc.record({ kind: fc.constant("add" as const), member, isPromotable: fc.boolean() }, plain),
    fc.record({ kind: fc.constantFrom("remove" as const, "promote" as const), id }, plain),
    fc.record({ kind: fc.constant("update" as const), member }, plain),
    fc.record({ kind: fc.constant("voters" as const), voters: fc.array(id) }, plain),
    fc.record({ kind: fc.constant("transfer" as const), to: id }, plain),
    fc.constant({ kind: "abandon" as const }),
  );
  const join = (chunks: readonly Uint8Array[]): Uint8Array => Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
  fc.assert(
    fc.property(id, id, operation, (number, incarnation, operation) => {
      const question = { id: number, incarnation, operation };
      assert.deepEqual(decodeQuestion(join(encodeQuestion(question))), question);
    }),
  );
  for (const answer of [
    { outcome: "done" },
    { outcome: "placed", index: 7 },
    { outcome: "refused", refusal: "invalid", message: "no" },
  ] satisfies Answer[]) {
    assert.deepEqual(decodeAnswer(join(encodeAnswer({ id: 3, answer }))), { id: 3, answer });
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assert.equal(decodeQuestion(Uint8Array.of(8, ...bytes)), undefined);
      assert.equal(decodeAnswer(Uint8Array.of(9, ...bytes)), undefined);
    }),
  );
});
