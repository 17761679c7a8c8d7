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

type Cluster = Pick<ReplicaCluster, "ids" | "leader">;

/** A member that follows: damage to it should cost nobody anything. */
function someFollower(cluster: Cluster): number {
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

function someOther(cluster: Cluster, ...others: readonly number[]): number {
  return cluster.ids.find((id) => !others.includes(id)) as number;
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
  for (const loss of ["wiped", "restored"] as const) {
    test(`a member whose disk was ${loss} is not listened to by those who know a later start of it, also after their restart (${carrier})`, () => {
      const { world, cluster, load, settle, restart } = quiet(3, carrier);
      for (const id of cluster.ids) cluster.start(id);
      assert.ok(settle());
      const lost = someFollower(cluster);
      if (loss === "restored") {
        load(20);
        cluster.copyDisk(lost);
        restart(lost);
      }
      load(50);
      // Their knowledge is on their disks.
      for (const id of cluster.ids) if (id !== lost) restart(id);
      if (loss === "wiped") cluster.wipeDisk(lost);
      else cluster.restoreDisk(lost);
      assert.ok(cluster.beyondRepair().has(lost));
      cluster.start(lost);
      world.run(10 * electionTimeoutMs);
      const leader = cluster.leader();
      assert.ok(leader !== 0 && leader !== lost);
      const committed = cluster.record.committed.lastIndex;
      // Of the other two one dies. The lost one may neither vote nor acknowledge: nothing is committed.
      const third = someOther(cluster, lost, leader);
      cluster.crash(third);
      load(50);
      world.run(10 * electionTimeoutMs);
      assert.equal(cluster.record.committed.lastIndex, committed);
      assert.equal(cluster.leader(), 0, "nobody leads without a quorum");
      cluster.start(third);
      world.run(10 * electionTimeoutMs);
      assert.ok(cluster.leader() !== 0 && cluster.leader() !== lost);
    });
  }
}

test("a member whose disk was wiped or restored stops when it is told, and says what to do", () => {
  for (const loss of ["wipeDisk", "restoreDisk"] as const) {
    const { world, cluster, load, settle, restart } = quiet(4);
    const lines: string[] = [];
    world.trace = (line) => lines.push(line);
    for (const id of cluster.ids) cluster.start(id);
    assert.ok(settle());
    const lost = someFollower(cluster);
    cluster.copyDisk(lost);
    restart(lost);
    load(20);
    cluster[loss](lost);
    cluster.start(lost);
    world.run(10 * electionTimeoutMs);
    assert.equal(cluster.record.marks.count("forgotten start noticed"), 1);
    assert.equal(cluster.isUp(lost), false);
    assert.ok(
      lines.some((line) => /knows start \d+ of this member, and this disk does not.*under a new id/.test(line)),
    );
    assert.ok(lines.some((line) => line.includes(`member ${lost} is not listened to: it has forgotten its start`)));
  }
});

test("starts that nobody has noticed make no member of a lost disk", () => {
  for (const loss of ["wipeDisk", "restoreDisk"] as const) {
    for (let seed = 1; seed <= 10; seed++) {
      const { world, cluster, load, settle, restart } = quiet(seed);
      for (const id of cluster.ids) cluster.start(id);
      assert.ok(settle());
      const lost = someFollower(cluster);
      cluster.copyDisk(lost);
      restart(lost);
      load(20);
      cluster[loss](lost);
      // Cut off from all, it comes up a few times: each of these numbers may be higher than the one that its peers know.
      for (const id of cluster.ids) if (id !== lost) cluster.conditions.block(lost, id);
      for (let starts = 0; starts < 3; starts++) {
        cluster.start(lost);
        world.run(20);
        cluster.crash(lost);
      }
      cluster.conditions.heal();
      cluster.start(lost);
      world.run(10 * electionTimeoutMs);
      assert.equal(cluster.record.marks.count("forgotten start noticed"), 1, `${loss}, seed ${seed}`);
    }
  }
});

test("a disk is lost only where all others know better, and no more than a minority", () => {
  const { world, cluster, load, settle, restart } = quiet(5);
  for (const id of cluster.ids) cluster.start(id);
  cluster.wipeDisk(1);
  assert.equal(cluster.beyondRepair().size, 0, "nobody has heard it yet");
  assert.ok(settle());
  cluster.restoreDisk(1);
  cluster.copyDisk(1);
  cluster.restoreDisk(1);
  assert.equal(cluster.beyondRepair().size, 0, "there is no copy, or it has not started again since");
  restart(1);
  load(20);
  cluster.restoreDisk(1);
  assert.deepEqual([...cluster.beyondRepair()], [1]);
  cluster.wipeDisk(2);
  assert.deepEqual([...cluster.beyondRepair()], [1], "two of three are too many");
  world.run(10);
});

// What peers cannot know. The outcomes are those of docs/decisions/0008-starts-known-by-peers.md, "What remains".

test("a copy that is restored before its member has started again looks like a restart: what was acknowledged is lost", () => {
  const { world, cluster, load, settle } = quiet(6, "messages", { checkers: () => [] });
  for (const id of cluster.ids) cluster.start(id);
  assert.ok(settle());
  const leader = cluster.leader();
  const restored = someFollower(cluster);
  const behind = someOther(cluster, leader, restored);
  cluster.copyDisk(restored);
  // One member misses what the other two commit; then one of these forgets it, and the other one dies.
  cluster.crash(behind);
  load(50);
  world.run(3 * electionTimeoutMs);
  const applied = (id: number): number => cluster.member(id).state?.numbers.length ?? 0;
  const acknowledged = applied(leader);
  assert.ok(acknowledged > 0);
  cluster.crash(leader);
  cluster.member(restored).loseDisk("restored");
  cluster.start(restored);
  cluster.start(behind);
  world.run(30 * electionTimeoutMs);
  assert.equal(cluster.record.marks.count("forgotten start noticed"), 0);
  assert.ok((cluster.member(behind).status?.leader ?? 0) !== 0, "these two elect a leader");
  assert.ok(applied(behind) < acknowledged, "and it leads without what the third one has applied");
});

test("a disk that is wiped before any peer has heard its member is a first start", () => {
  const { world, cluster, settle, load, check } = quiet(7);
  cluster.start(1);
  world.run(5);
  cluster.crash(1);
  cluster.member(1).wipe("everything");
  for (const id of cluster.ids) cluster.start(id);
  assert.ok(settle());
  load(20);
  assert.ok(settle());
  check();
});

for (const part of ["marks", "state"] as const) {
  for (const kind of damageKinds) {
    test(`damage of the kind "${kind}" to the ${part} of a member costs it nothing that it has promised`, () => {
      for (let seed = 1; seed <= 4; seed++) {
        const { world, cluster, load, settle, check } = quiet(seed);
        for (const id of cluster.ids) cluster.start(id);
        assert.ok(settle());
        load(100);
        // Long enough for a checkpoint.
        world.run(12 * electionTimeoutMs);
        load(20);
        const random = world.streams.stream("damage");
        const victim = someFollower(cluster);
        cluster.damageDisk(victim, { kind, part, file: 0, place: random.next(), bytes: random.next() });
        cluster.start(victim);
        load(20);
        assert.ok(settle(), `seed ${seed}: ${cluster.describe()}`);
        assert.equal(cluster.record.marks.count("quarantine entered"), 0);
        check();
      }
    });
  }
}
