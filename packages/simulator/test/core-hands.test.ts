import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CoreClients,
  directedCluster,
  figure3Checkers,
  simulatedAddress,
  World,
  type WatchedCluster,
} from "../src/index.ts";
import type { Setting } from "../src/scenarios/directed.ts";
import { allCheckers } from "../src/checkers/index.ts";
import { violationIn } from "../src/observation.ts";

const electionTimeoutMs = 100;

type Checkers = (watched: WatchedCluster) => ReturnType<typeof allCheckers>;

/** Three cores that nothing happens to but what the test does. */
function fresh(setting: Setting, checkers: Checkers = allCheckers) {
  const world = new World(1);
  const notes: string[] = [];
  world.noted = (who, what) => notes.push(`${who}: ${what}`);
  const { cluster } = directedCluster(world, { members: 3, electionTimeoutMs, setting, broken: undefined, checkers });
  const clients = new CoreClients(cluster);
  const run = (timeouts: number): void => world.run(timeouts * electionTimeoutMs);
  const others = (...ids: number[]): number[] => [1, 2, 3].filter((id) => !ids.includes(id));
  return { world, cluster, clients, notes, run, others };
}

/** They run, and one of them leads. */
function quiet(setting: Setting, checkers: Checkers = allCheckers) {
  const world = fresh(setting, checkers);
  for (const id of world.cluster.ids) world.cluster.start(id);
  world.run(10);
  return world;
}

/** What the leader and one follower have committed is on two disks of three; then one of the two is wiped, and the other is down. */
function loseTheSecondCopy(quietly: ReturnType<typeof quiet>) {
  const { cluster, clients, run, others } = quietly;
  const leader = cluster.leader();
  const [wiped, behind] = others(leader) as [number, number];
  cluster.conditions.partition(cluster.ids, [behind]);
  clients.submit(leader, 1, [8, 8, 8]);
  run(0.5);
  assert.ok(cluster.record.committed.lastIndex >= 4);
  cluster.crash(leader);
  cluster.member(wiped).loseDisk();
  cluster.conditions.heal();
  cluster.start(wiped);
  return { leader, wiped, behind };
}

test("a wiped disk that nobody knows better of votes again, and what was committed is lost", () => {
  const world = quiet({}, figure3Checkers);
  const fell = violationIn(() => {
    loseTheSecondCopy(world);
    world.run(20);
  });
  assert.match(fell ?? "", /^leader completeness: member \d leads in term \d+ without entry/);
});

test("a wiped disk is not listened to by peers who know its member's starts: it stops, and says what to do", () => {
  const world = quiet({ knowsStarts: true });
  const { cluster, notes, run } = world;
  const { leader, wiped, behind } = loseTheSecondCopy(world);
  run(20);
  assert.equal(cluster.isUp(wiped), false);
  assert.equal(cluster.leader(), 0, "one of three is no quorum");
  assert.ok(notes.some((line) => line.startsWith(`${behind}`) && line.includes(`does not listen to member ${wiped}`)));
  assert.ok(notes.some((line) => line.includes("this disk does not: it was wiped. Remove it and let another member")));
  // Starts more do not make it one that knows: also not for those that have restarted meanwhile.
  cluster.crash(behind);
  cluster.start(behind);
  cluster.start(wiped);
  cluster.start(leader);
  run(20);
  assert.equal(cluster.isUp(wiped), false);
  assert.ok([leader, behind].includes(cluster.leader()));
});

test("where those that knew are wiped too, nobody turns them away: what was committed is lost, and that is seen", () => {
  const world = quiet({ knowsStarts: true }, figure3Checkers);
  const { cluster, clients, run, others } = world;
  const leader = cluster.leader();
  clients.submit(leader, 1, [8, 8, 8]);
  run(2);
  cluster.crash(leader);
  const wiped = others(leader);
  for (const id of wiped) cluster.member(id).loseDisk();
  for (const id of wiped) cluster.start(id);
  const fell = violationIn(() => {
    run(20);
    clients.submit(cluster.leader(), 100, [8]);
    run(2);
  });
  assert.match(fell ?? "", /^leader completeness|^state machine safety|^log matching|^election safety/);
});

test("another member takes the place of one whose disk was wiped", () => {
  const { cluster, clients, run, others } = quiet({ knowsStarts: true, spares: 1 });
  const leader = cluster.leader();
  const [wiped = 0, kept = 0] = others(leader);
  cluster.member(wiped).loseDisk();
  cluster.start(wiped);
  run(5);
  const voters = [leader, kept, 4];
  clients.changeMembers(leader, { voters, learners: [], promotable: [], members: voters.map(simulatedAddress) });
  run(10);
  assert.deepEqual(
    cluster.configuration()?.voters,
    voters.toSorted((one, two) => one - two),
  );
  clients.submit(leader, 1, [8]);
  run(2);
  assert.equal(cluster.member(4).state.index, cluster.record.committed.lastIndex);
});

test("a disk that is wiped before anybody has heard its member is a first start", () => {
  const { cluster, run } = fresh({ knowsStarts: true });
  cluster.start(3);
  run(2);
  cluster.member(3).loseDisk();
  for (const id of cluster.ids) cluster.start(id);
  run(10);
  assert.ok(cluster.hasConverged());
});

test("a member stops at its first write to a full disk, comes up only when there is room, and has lost nothing", () => {
  const { cluster, clients, notes, run, others } = quiet({});
  const leader = cluster.leader();
  const [full = 0] = others(leader);
  cluster.member(full).disk.isFull = true;
  run(5);
  assert.equal(cluster.isUp(full), true, "heartbeats are not written");
  clients.submit(leader, 1, [8]);
  run(10);
  assert.equal(cluster.isUp(full), false);
  assert.ok(notes.some((line) => line.includes("stops: a write failed: no space left on device")));
  assert.ok(notes.filter((line) => line === `${full}: cannot start: no space left on device`).length > 1);
  cluster.member(full).disk.isFull = false;
  run(10);
  assert.equal(cluster.isUp(full), true);
  assert.ok(cluster.hasConverged());
});

test("a clock whose rate is changed goes on from where it is, and timers go by it at once", () => {
  const { cluster, world, others, run } = quiet({});
  const [slow = 0] = others(cluster.leader());
  const due = (id: number): number => cluster.member(id).dueInMs ?? Number.NaN;
  // Timers are moved on lazily: from here on it is armed for when it is due.
  cluster.driftClock(slow, 1);
  const before = due(slow);
  cluster.driftClock(slow, 0.25);
  assert.ok(Math.abs(due(slow) - before) < 0.01, "its clock has not jumped");
  cluster.conditions.partition(cluster.ids, [slow]);
  world.run(before + 1);
  assert.equal(cluster.member(slow).status?.role, "follower", "a quarter of the time has passed for it");
  world.run(3 * before + 1);
  assert.equal(cluster.member(slow).status?.role, "pre-candidate");
  const left = due(slow);
  cluster.driftClock(slow, 4);
  world.run(left / 4 + 0.1);
  assert.ok(Math.abs(due(slow) - left) > 1, "it has been woken, and waits anew");
  cluster.conditions.heal();
  cluster.driftClock(slow, 1);
  run(10);
  assert.ok(cluster.hasConverged());
});

test("a sleeping machine whose clock drifts has slept what it slept", () => {
  const { cluster, world, others, run } = quiet({});
  const [asleep = 0] = others(cluster.leader());
  const { machine } = cluster.member(asleep);
  cluster.suspend(asleep);
  world.run(100);
  cluster.driftClock(asleep, 2);
  world.run(100);
  cluster.resume(asleep);
  assert.equal(machine.clock.shift.sleptMs, 300);
  run(10);
  assert.ok(cluster.hasConverged());
});
