import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HostError, silentLogger } from "@quorate/host";
import {
  decodeDigestQuestion,
  decodeDigestReport,
  encodeDigestQuestion,
  encodeDigestReport,
} from "../src/digest-codec.ts";
import { judge, type DigestEntry } from "../src/digest-table.ts";
import { StateDamagedError } from "../src/errors.ts";
import { StateComparison } from "../src/state-comparison.ts";
import { SimulatedCluster } from "./support/simulated-cluster.ts";

/** A cluster with ten commands applied everywhere. */
function filled(size: number, options: { seed?: number; stateComparisonMs?: number } = {}): SimulatedCluster {
  const cluster = new SimulatedCluster(size, options);
  const leader = cluster.elect();
  for (let at = 0; at < 10; at++) cluster.propose(leader, `c${at}`);
  cluster.until(() => [...cluster.members.values()].every(({ journal }) => journal.commands.length === 10));
  return cluster;
}

const said = (cluster: SimulatedCluster, id: number, what: RegExp): boolean =>
  cluster.member(id).lines.some((line) => what.test(line));

test("members whose states are equal agree, and take no digest again while nothing changes", () => {
  const cluster = filled(3, { stateComparisonMs: 1000 });
  const leader = cluster.leaderId as number;
  const { journal, replica } = cluster.member(leader);
  cluster.until(() => replica.stateComparison.agreements >= 1);
  const taken = journal.digestsTaken;
  cluster.world.run(20_000);
  assert.equal(journal.digestsTaken, taken, "nothing was applied, so nothing was compared");
  for (const id of cluster.followerIds) assert.equal(cluster.member(id).replica.stateComparison.agreements, taken);

  cluster.propose(leader, "more");
  cluster.until(() => replica.stateComparison.agreements === 2);
  const [follower = 0] = cluster.followerIds;
  cluster.crash(follower);
  cluster.start(follower);
  cluster.until(() => replica.stateComparison.agreements === 3, 60_000);
});

test("a member whose state differs says so, is confirmed and stops; the others go on", () => {
  const cluster = filled(3);
  const [follower = 0, other = 0] = cluster.followerIds;
  const leader = cluster.leaderId as number;
  cluster.member(follower).journal.commands[3] = "something else";
  cluster.member(leader).replica.compareStates();
  cluster.until(() => said(cluster, follower, /the state of this member differs.*comparing once more/));
  assert.equal(cluster.member(follower).fatal, undefined, "one comparison condemns nobody");
  cluster.until(() => cluster.member(follower).fatal !== undefined);
  const { fatal } = cluster.member(follower);
  assert.ok(fatal instanceof StateDamagedError);
  assert.match(fatal.message, /differs from the majority's.*for the second time/);
  for (const id of [leader, other]) {
    assert.ok(said(cluster, id, new RegExp(`the state of member ${follower.toString(16)} differs`)));
    assert.deepEqual(cluster.member(id).replica.stateComparison.differing, [follower]);
    assert.equal(cluster.member(id).fatal, undefined);
  }
  const written = cluster.propose(leader, "after");
  cluster.until(() => written.outcome !== undefined);
  assert.match(written.outcome ?? "", /^after@/);
});

test("a leader whose state differs stops, and another one leads", () => {
  const cluster = filled(3, { stateComparisonMs: 2000 });
  const leader = cluster.leaderId as number;
  cluster.member(leader).journal.commands.push("one too many");
  cluster.until(() => cluster.member(leader).fatal instanceof StateDamagedError);
  cluster.crash(leader);
  assert.notEqual(cluster.elect(), leader);
});

test("a member that lacks a part of the state, though it has applied as much, differs", () => {
  const cluster = filled(3);
  const [follower = 0] = cluster.followerIds;
  cluster.member(follower).journal.commands.pop();
  cluster.member(cluster.leaderId as number).replica.compareStates();
  cluster.until(() => cluster.member(follower).fatal instanceof StateDamagedError);
});

test("one digest that was wrong by itself condemns nobody", () => {
  const cluster = filled(3);
  const [follower = 0] = cluster.followerIds;
  const { journal, lines } = cluster.member(follower);
  const right = journal.commands[3] as string;
  journal.commands[3] = "a bit that flipped in memory";
  cluster.member(cluster.leaderId as number).replica.compareStates();
  cluster.until(() => lines.some((line) => /comparing once more/.test(line)));
  journal.commands[3] = right;
  cluster.world.run(120_000);
  assert.equal(cluster.member(follower).fatal, undefined);
  assert.equal(cluster.member(follower).replica.stateComparison.agreements, 1);
  assert.deepEqual(cluster.member(follower).replica.stateComparison.differing, []);
});

for (const [what, size, down] of [
  ["two members", 2, 0],
  ["three members of which one is down", 3, 1],
  ["five members of which two are down", 5, 2],
] as const) {
  test(`${what}: where no state has a majority of all, all say so and nobody stops`, () => {
    const cluster = filled(size);
    for (const id of cluster.followerIds.slice(0, down)) cluster.crash(id);
    const leader = cluster.leaderId as number;
    const [follower = 0] = cluster.followerIds;
    cluster.member(follower).journal.commands[3] = "something else";
    cluster.member(leader).replica.compareStates();
    cluster.world.run(120_000);
    for (const [id, { fatal, replica }] of cluster.members) {
      assert.equal(fatal, undefined);
      assert.equal(replica.stateComparison.isUndecided, true);
      assert.ok(said(cluster, id, /no state has a majority/));
    }
  });
}

test("comparisons under writes, crashes and slow applying never blame a member", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const cluster = new SimulatedCluster(3, {
      seed,
      stateComparisonMs: 500,
      checkpoint: { dirtyBytes: 40, intervalMs: 700 },
    });
    const random = cluster.world.streams.stream("test");
    let written = 0;
    for (let round = 0; round < 60; round++) {
      const ids = [...cluster.members.keys()];
      const id = ids[Math.floor(random.next() * ids.length)] as number;
      for (let at = 0; at < 5; at++) cluster.propose(id, `w${written++}`);
      if (random.next() < 0.3) cluster.member(id).replica.compareStates();
      const { journal, scope } = cluster.member(id);
      journal.hold = (complete) => void cluster.world.schedule(random.next() * 30, "timer", scope, complete, undefined);
      if (random.next() < 0.1 && ids.length === 3) cluster.crash(id);
      else if (ids.length < 3) for (const lost of [1, 2, 3]) if (!cluster.members.has(lost)) cluster.start(lost);
      cluster.world.run(random.next() * 400);
    }
    for (const lost of [1, 2, 3]) if (!cluster.members.has(lost)) cluster.start(lost);
    const agreements = (): number =>
      Math.max(...[...cluster.members.values()].map(({ replica }) => replica.stateComparison.agreements));
    const before = agreements();
    cluster.propose(cluster.elect(), "last");
    cluster.until(() => agreements() > before, 60_000);
    for (const [id, { fatal, lines }] of cluster.members) {
      assert.equal(fatal, undefined, `seed ${seed}, member ${id}`);
      assert.ok(!lines.some((line) => /differ/.test(line)), `seed ${seed}, member ${id}`);
    }
  }
});

test("damage that a state machine meets outside of applying stops the member", () => {
  const cluster = filled(1);
  cluster.member(1).journal.damage(new HostError("corrupt", "record", "a record is damaged"));
  cluster.until(() => cluster.member(1).fatal !== undefined);
  assert.ok(cluster.member(1).fatal instanceof StateDamagedError);
});

test("damage that applying meets is told apart from a failing disk", () => {
  for (const [code, isDamage] of [
    ["corrupt", true],
    ["io", false],
  ] as const) {
    const cluster = filled(1);
    cluster.member(1).journal.failing = new HostError(code, "state", "no");
    cluster.propose(1, "x");
    cluster.until(() => cluster.member(1).fatal !== undefined);
    assert.equal(cluster.member(1).fatal instanceof StateDamagedError, isDamage);
  }
});

test("questions and reports survive their encoding, and garbage is not taken for one", () => {
  const question = { round: 7, index: 2 ** 40, point: Uint8Array.of(1, 2, 3) };
  assert.deepEqual(decodeDigestQuestion(encodeDigestQuestion(question)), question);
  const about = { asker: 2 ** 52, incarnation: 3, round: 9 };
  const reports = [
    { about, outcome: "digest" as const, digest: Uint8Array.of(9, 8) },
    { about, outcome: "behind" as const, digest: new Uint8Array(0) },
  ];
  for (const report of reports) assert.deepEqual(decodeDigestReport(encodeDigestReport(report)), report);
  const right = encodeDigestReport(reports[0] as (typeof reports)[0]);
  for (let length = 0; length < right.length; length++) {
    assert.equal(decodeDigestReport(right.subarray(0, length)), undefined);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      decodeDigestQuestion(bytes);
      decodeDigestReport(bytes);
    }),
  );
});

test("only more than half of all members decide", () => {
  const table = (...digests: readonly (string | undefined)[]): ReturnType<typeof judge> => {
    const entries = new Map<number, DigestEntry>();
    for (const [at, digest] of digests.entries()) {
      if (digest !== undefined)
        entries.set(at + 1, { incarnation: 1, outcome: digest === "" ? "busy" : "digest", digest });
    }
    return judge(
      digests.map((_, at) => at + 1),
      entries,
    );
  };
  assert.deepEqual(table("a", "a", "a"), {
    majority: "a",
    differing: [],
    isComplete: true,
    isAgreed: true,
    isUndecided: false,
  });
  assert.deepEqual(table("a", "b", "a").differing, [2]);
  assert.equal(table("a", undefined, "a").isAgreed, false);
  assert.equal(table("a", "", "a").isAgreed, false);
  assert.equal(table("a", "a", undefined, undefined).majority, undefined);
  assert.deepEqual(table("a", "a", "b", undefined, undefined).differing, []);
  assert.equal(table("a", "a", "b", undefined, undefined).isUndecided, true);
  assert.deepEqual(table("a", "b", "a", "a", "c").differing, [2, 5]);
});

test("however many comparisons a member speaks of, a few are kept, and a stranger's question is not answered", () => {
  const armed = new Set<object>();
  let sent = 0;
  const after = (): object => {
    const timer = {};
    armed.add(timer);
    return timer;
  };
  const comparison = new StateComparison({
    machine: {},
    clock: { monotonicMs: () => 0 },
    timers: { after, cancel: (timer: object) => void armed.delete(timer) },
    random: () => 0,
    logger: silentLogger,
    memberId: 1,
    incarnation: 1,
    intervalMs: 0,
    members: () => [1, 2, 3],
    isLeader: () => false,
    appliedIndex: () => 0,
    isApplying: () => false,
    incarnationOf: () => 1,
    send: () => void sent++,
    failed: () => {},
  } as unknown as ConstructorParameters<typeof StateComparison>[0]);
  for (let round = 1; round <= 1000; round++) {
    const about = { asker: 2, incarnation: 1, round };
    comparison.reported(2, 1, { about, outcome: "busy", digest: new Uint8Array(0) });
  }
  assert.ok(armed.size <= 4, `${armed.size} timers`);
  const question = { round: 1, index: 0, point: Uint8Array.of(1, 1) };
  comparison.asked(99, 1, question);
  assert.equal(sent, 0);
  comparison.asked(2, 1, { ...question, round: 2000 });
  assert.equal(sent, 2, "a member's question is answered to both others");
  comparison.stop();
  assert.equal(armed.size, 0);
});
