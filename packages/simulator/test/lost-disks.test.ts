import assert from "node:assert/strict";
import { test } from "node:test";
import { damageKinds, drawSwarm, perfectLink, ReplicaCluster, SafetyViolation, World } from "../src/index.ts";
import type { BrokenParts, DamageKind, SwarmOptions } from "../src/index.ts";
import { ReplicaClients } from "../src/replica/replica-clients.ts";

const electionTimeoutMs = 100;

/** Three production members without any fault but those of the test. */
function quiet(seed: number, carrier: SwarmOptions["carrier"] = "messages", broken: BrokenParts = {}) {
  const world = new World(seed);
  const drawn = drawSwarm(world.streams.stream("swarm"));
  const swarm: SwarmOptions = {
    ...drawn,
    members: 3,
    timing: { electionTimeoutMs, clockDriftPpm: 500 },
    limits: {},
    link: perfectLink,
    clockRates: [1, 1, 1],
    disk: { meanSyncMs: 0.2, stallProbability: 0, meanStallMs: 0 },
    faults: {},
    leftBehind: [],
    carrier,
  };
  const cluster = new ReplicaCluster(world, swarm, broken);
  const clients = new ReplicaClients(cluster, swarm);
  let commands = 0;
  return {
    world,
    cluster,
    /** Commands of `bytes` to the leader, one every ms. */
    load: (count: number, bytes = 100): void => {
      for (let left = count; left > 0; left--) {
        const leader = cluster.leader();
        if (leader !== 0) clients.submit(leader, ++commands, [bytes]);
        world.run(1);
      }
    },
    restart: (id: number): void => {
      cluster.crash(id);
      world.run(1);
      cluster.start(id);
      world.run(10 * electionTimeoutMs);
    },
    settle: (): boolean => world.runUntil(() => cluster.hasConverged(), 30 * electionTimeoutMs),
    check: (): void => clients.checkAtTheEnd(),
  };
}

/** A member that follows: damage to it should cost nobody anything. */
function someFollower(cluster: ReplicaCluster): number {
  return cluster.leader() === 3 ? 2 : 3;
}

for (const kind of damageKinds) {
  test(`a disk with damage of the kind "${kind}": its member says so, has no voice, gets everything back, and votes again`, () => {
    let told = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const { world, cluster, load, settle, check } = quiet(seed);
      for (const id of cluster.ids) cluster.start(id);
      assert.ok(settle());
      load(300);
      const victim = someFollower(cluster);
      const random = world.streams.stream("damage");
      const damage = { kind: kind as DamageKind, file: random.next(), place: random.next(), bytes: random.next() };
      cluster.damageDisk(victim, damage);
      const isDamaged = cluster.damaged().has(victim);
      cluster.damageDisk(someOther(cluster, victim), damage);
      assert.ok(cluster.damaged().size <= 1, "a second damaged disk of three could not be recovered from");
      for (const id of cluster.ids) cluster.start(id);
      load(20);
      assert.ok(settle(), `seed ${seed}: ${cluster.describe()}`);
      check();
      const { marks } = cluster.record;
      if (isDamaged) told += marks.count("quarantine entered");
      assert.equal(marks.count("quarantine left"), marks.count("quarantine entered"));
    }
    // Some blocks held the same before; everything else is found.
    assert.ok(told >= 2, `told ${told} times`);
  });
}

function someOther(cluster: ReplicaCluster, victim: number): number {
  return cluster.ids.find((id) => id !== victim) as number;
}

test("a member whose log was wiped, and its state not, refuses to start", () => {
  const { world, cluster, load, settle } = quiet(1);
  for (const id of cluster.ids) cluster.start(id);
  assert.ok(settle());
  load(100);
  // Long enough for a checkpoint.
  world.run(12 * electionTimeoutMs);
  cluster.member(3).wipe("log");
  cluster.start(3);
  assert.throws(
    () => world.run(100),
    (error) =>
      error instanceof SafetyViolation && /could not start: the state holds everything up to/.test(error.message),
  );
});

test("a member whose state was wiped makes it anew from its log", () => {
  const { world, cluster, load, settle, check } = quiet(2);
  for (const id of cluster.ids) cluster.start(id);
  assert.ok(settle());
  load(100);
  world.run(12 * electionTimeoutMs);
  cluster.member(3).wipe("state");
  cluster.start(3);
  assert.ok(settle());
  check();
});

for (const carrier of ["messages", "transport"] as const) {
  test(`a member whose whole disk was wiped is not listened to by those who knew it (${carrier})`, () => {
    const { world, cluster, load, settle, restart } = quiet(3, carrier, { checkers: () => [] });
    for (const id of cluster.ids) cluster.start(id);
    assert.ok(settle());
    const wiped = someFollower(cluster);
    // Others tell a wiped disk by the number of its start, so it must have started more than once before.
    restart(wiped);
    load(50);
    cluster.member(wiped).wipe("everything");
    cluster.start(wiped);
    world.run(10 * electionTimeoutMs);
    const leader = cluster.leader();
    assert.ok(leader !== 0 && leader !== wiped);
    const committed = cluster.member(leader).status?.commitIndex ?? 0;
    assert.ok((cluster.member(wiped).status?.commitIndex ?? 0) < committed);
    // Of the other two one dies. The wiped one knows nothing, and may neither vote nor acknowledge: nothing is committed.
    const third = cluster.ids.find((id) => id !== wiped && id !== leader) as number;
    cluster.crash(third);
    load(50);
    world.run(10 * electionTimeoutMs);
    for (const { status } of cluster.members) assert.ok((status?.commitIndex ?? 0) <= committed);
    cluster.start(third);
    world.run(10 * electionTimeoutMs);
    const after = cluster.leader();
    assert.ok(after !== 0 && after !== wiped);
    assert.ok((cluster.member(after).status?.last.index ?? 0) >= committed);
  });
}
