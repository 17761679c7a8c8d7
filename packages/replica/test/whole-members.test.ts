import assert from "node:assert/strict";
import { test } from "node:test";
import { damageFiles, type Drive } from "@quorate/simulator";
import { addressOf, WholeCluster } from "./support/whole-cluster.ts";

/** Logs of a few small files, and checkpoints all the time: pruning and transfers happen after some hundred commands. */
const small = {
  log: { segmentBytes: 16 * 1024 },
  checkpoint: { dirtyBytes: 4 * 1024, intervalMs: 1000 },
  transfer: { keepLogBytes: 32 * 1024 },
  raftLimits: { logCacheBytes: 4 * 1024 },
};

function cluster(size: number, seed = 1): WholeCluster {
  return new WholeCluster(size, seed, small);
}

test("a log is pruned behind checkpoints, and stays as small as it is told to", () => {
  const whole = cluster(3);
  whole.write(400);
  const early = whole.member(whole.elect()).replica.status.baseIndex;
  assert.ok(early > 1, "it begins later than it did");
  for (let round = 0; round < 5; round++) whole.write(200);
  whole.settle();
  for (const [id, { replica }] of whole.members) {
    const { baseIndex, lastIndex } = replica.status;
    assert.ok(baseIndex > early);
    assert.ok((lastIndex - baseIndex) * 130 < 96 * 1024, `member ${id} keeps ${lastIndex - baseIndex} entries`);
  }
});

test("a member that was away longer than the log reaches back is sent the state, and goes on from it", () => {
  const whole = cluster(3);
  const leader = whole.elect();
  const away = [1, 2, 3].find((id) => id !== leader) as number;
  whole.write(20);
  whole.crash(away);
  // Nobody counts on one that has not been heard for long.
  whole.world.run(3000);
  whole.write(800);
  whole.start(away);
  whole.settle();
  const { transfers, status } = whole.member(away).replica;
  assert.equal(transfers.received.whole, 1);
  assert.ok(status.baseIndex > 400);
  whole.until(() => whole.member(leader).replica.transfers.sent.whole === 1);
  whole.write(50);
  whole.settle();
  whole.crash(away);
  whole.start(away);
  whole.settle();
  assert.equal(whole.member(away).replica.transfers.received.whole, 0, "what it was sent was durable");
});

test("a new member of a cluster whose log is pruned is sent the state, and becomes a voter", () => {
  const whole = cluster(3);
  const leader = whole.elect();
  whole.write(600);
  const configuration = whole.change(leader, { kind: "add", member: addressOf(4), isPromotable: true });
  whole.start(4, configuration);
  whole.until(() => whole.members.get(4)?.replica.status.configuration.voters.includes(4) === true, 60_000);
  whole.settle();
  assert.equal(whole.member(4).replica.transfers.received.whole, 1);
  // It knows who votes though the entries that say so are gone.
  whole.crash(4);
  whole.start(4, configuration);
  whole.settle();
  assert.deepEqual(whole.member(4).replica.status.configuration.voters, [1, 2, 3, 4]);
});

test("all members are replaced one by one while the log is pruned, and nothing that was written is lost", () => {
  const whole = cluster(3);
  whole.write(300);
  for (const [old, young] of [
    [1, 4],
    [2, 5],
    [3, 6],
  ] as const) {
    const asker = [...whole.members.keys()].find((id) => id !== old) as number;
    const configuration = whole.change(asker, { kind: "add", member: addressOf(young), isPromotable: true });
    whole.start(young, configuration);
    whole.until(() => whole.members.get(young)?.replica.status.configuration.voters.includes(young) === true, 60_000);
    whole.change(young, { kind: "remove", id: old });
    whole.crash(old);
    whole.write(200, 100, whole.elect());
  }
  whole.settle();
  assert.equal(whole.member(whole.elect()).commands().length, 900);
  assert.deepEqual(whole.member(4).replica.status.configuration.voters, [4, 5, 6]);
});

test("a crash of either side at any moment of a transfer leaves a member that catches up", () => {
  for (let seed = 1; seed <= 24; seed++) {
    const whole = cluster(3, seed);
    const leader = whole.elect();
    const away = [1, 2, 3].find((id) => id !== leader) as number;
    whole.write(20);
    whole.crash(away);
    whole.world.run(3000);
    whole.write(500);
    whole.start(away);
    whole.world.run(1000 + seed * 7);
    const victim = seed % 2 === 0 ? leader : away;
    if (whole.members.has(victim)) whole.crash(victim);
    whole.world.run(seed * 3);
    whole.start(victim);
    whole.settle();
    assert.deepEqual(whole.startErrors, [], `seed ${seed}`);
    assert.equal(whole.member(away).commands().length, 520, `seed ${seed}`);
  }
});

test("a member whose state was lost above a pruned log asks for another's, and votes meanwhile", () => {
  const whole = cluster(3);
  const leader = whole.elect();
  const [loser = 0, other = 0] = [1, 2, 3].filter((id) => id !== leader);
  whole.write(600);
  whole.settle();
  whole.crash(loser);
  whole.removeState(loser);
  whole.crash(other);
  whole.start(loser);
  whole.until(() => whole.members.has(loser));
  assert.deepEqual(whole.startErrors, []);
  whole.write(5, 100, whole.elect());
  assert.equal(whole.elect(), leader, "with its voice the leader has a quorum");
  whole.start(other);
  whole.settle();
  assert.equal(whole.member(loser).commands().length, 605);
  assert.equal(whole.member(loser).replica.transfers.received.whole, 1);
});

test("whom a member that lost its own state could not send one is sent one once it can", () => {
  const whole = cluster(1);
  const withSecond = whole.change(1, { kind: "add", member: addressOf(2), isPromotable: false });
  whole.start(2, withSecond);
  const withThird = whole.change(1, { kind: "add", member: addressOf(3), isPromotable: false });
  whole.start(3, withThird);
  whole.write(20);
  whole.settle();
  whole.crash(3);
  whole.write(600);
  whole.until(() => whole.member(2).commands().length === 620);
  for (const id of [1, 2]) whole.crash(id);
  whole.removeState(1);
  whole.start(1);
  whole.start(3, withThird);
  whole.until(() => whole.leaderId === 1);
  whole.world.run(3000);
  whole.start(2, withSecond);
  whole.settle();
  assert.equal(whole.member(1).replica.transfers.received.whole, 1);
  assert.equal(whole.member(3).commands().length, 620);
});

test("a damaged log is begun anew where the state reaches further than the leader's log goes back, though nobody writes", () => {
  const options = { ...small };
  const whole = new WholeCluster(3, 1, options);
  const leader = whole.elect();
  const damaged = (leader % 3) + 1;
  const other = (damaged % 3) + 1;
  whole.crash(damaged);
  options.transfer = { keepLogBytes: 1024 * 1024 };
  whole.start(damaged);
  whole.settle();
  whole.write(600);
  whole.settle();
  whole.world.run(5000);
  whole.crash(damaged);
  const { tree } = whole.drives.get(damaged) as Drive;
  assert.match(
    damageFiles(tree, `/m${damaged}`, { kind: "bit flip", file: 0, place: 0.9, bytes: 0.5 }) ?? "",
    /1 bytes/,
  );
  whole.start(damaged);
  whole.until(() => whole.members.has(damaged));
  whole.crash(other);
  whole.until(() => whole.member(damaged).lines.some((line) => line.includes("left quarantine")));
  whole.write(5);
  whole.crash(damaged);
  whole.start(damaged);
  whole.start(other);
  whole.settle();
  assert.deepEqual(whole.startErrors, []);
  assert.equal(whole.member(damaged).commands().length, 605, "and nothing is applied twice");
});
