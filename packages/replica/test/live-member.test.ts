import assert from "node:assert/strict";
import { test } from "node:test";
import { HostError } from "@quorate/host";
import { encodeIntroduction } from "../src/introduction-codec.ts";
import { SimulatedCluster } from "./support/simulated-cluster.ts";

test("a single voter answers only after its own sync", () => {
  const cluster = new SimulatedCluster(1);
  cluster.elect();
  const { wal, journal } = cluster.member(1);
  wal.held = true;
  const told = cluster.propose(1, "a");
  cluster.world.run(500);
  assert.ok(told.outcome === undefined);
  assert.equal(journal.text, "");
  wal.release();
  cluster.until(() => told.outcome !== undefined);
  assert.match(String(told.outcome), /^a@\d+$/);
  assert.equal(journal.text, "a");
});

test("an outcome never comes from inside the call that asked", () => {
  const cluster = new SimulatedCluster(1);
  cluster.elect();
  const told = cluster.propose(1, "a");
  const read = cluster.read(1);
  assert.equal(told.outcome, undefined);
  assert.equal(read.outcome, undefined);
  cluster.member(1).replica.close(() => {});
  const late = cluster.propose(1, "b");
  cluster.until(() => told.outcome !== undefined && read.outcome !== undefined);
  assert.equal(told.outcome, "stopped");
  assert.equal(late.outcome, "stopped");
});

test("three members: a write on any of them completes with the result that its own state machine gave", () => {
  const cluster = new SimulatedCluster(3);
  cluster.elect();
  const told = [1, 2, 3].map((id) => cluster.propose(id, `w${id}`));
  cluster.until(() => told.every(({ outcome }) => outcome !== undefined));
  for (const [at, { outcome }] of told.entries()) assert.match(outcome as string, new RegExp(`^w${at + 1}@\\d+$`));
  for (const id of [1, 2, 3]) {
    assert.ok(cluster.member(id).journal.commands.includes(`w${id}`), "read your own write");
  }
  cluster.world.run(1000);
  const texts = new Set([1, 2, 3].map((id) => cluster.member(id).journal.text));
  assert.equal(texts.size, 1, "all applied the same sequence");
});

test("a read barrier on a follower sees the latest write, also when the follower is behind", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const follower = cluster.followerIds[0] as number;
  const other = cluster.followerIds[1] as number;
  cluster.member(follower).wal.held = true;
  const told = cluster.propose(leader, "new");
  cluster.until(() => told.outcome !== undefined);
  const read = cluster.read(follower);
  cluster.world.run(50);
  assert.equal(read.outcome, undefined, "it does not hold the write yet");
  assert.equal(cluster.member(other).journal.text, "new");
  cluster.member(follower).wal.release();
  cluster.until(() => read.outcome !== undefined);
  assert.equal(read.outcome, "new");
});

test("proposals of a leader that is cut off fail when another leader's entries take their place", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  cluster.conditions.partition([1, 2, 3], [leader]);
  const lost = cluster.propose(leader, "lost");
  cluster.until(() => cluster.leaderId !== leader && cluster.leaderId !== undefined);
  const successor = cluster.leaderId as number;
  const kept = cluster.propose(successor, "kept");
  cluster.until(() => kept.outcome !== undefined);
  assert.equal(lost.outcome, undefined, "not decided as far as this member can know");
  cluster.conditions.heal();
  cluster.until(() => lost.outcome !== undefined);
  assert.equal(lost.outcome, "leader-changed");
  cluster.world.run(1000);
  for (const id of [1, 2, 3]) assert.equal(cluster.member(id).journal.text, "kept");
});

test("a forward is never applied twice, and never told as failed when it was applied, wherever the leader crashes", () => {
  const outcomes = new Set<string>();
  for (let step = 0; step < 40; step++) {
    const cluster = new SimulatedCluster(3, { seed: 100 + step });
    const leader = cluster.elect();
    const follower = cluster.followerIds[0] as number;
    const told = cluster.propose(follower, "x");
    cluster.world.run(step * 0.05);
    cluster.crash(leader);
    cluster.until(() => told.outcome !== undefined);
    cluster.start(leader);
    cluster.elect();
    cluster.world.run(2000);
    const applied = cluster.member(follower).journal.commands.filter((one) => one === "x").length;
    const outcome = told.outcome as string;
    outcomes.add(outcome.replace(/\d+/, "n"));
    assert.ok(applied <= 1, `step ${step}: applied ${applied} times`);
    if (outcome === "leader-changed" || outcome === "no-leader") assert.equal(applied, 0, `step ${step}`);
    if (outcome.startsWith("x@")) assert.equal(applied, 1, `step ${step}`);
    for (const id of [1, 2, 3]) {
      assert.equal(cluster.member(id).journal.text, cluster.member(follower).journal.text, `step ${step}`);
    }
  }
  assert.ok(outcomes.has("x@n") && outcomes.has("outcome-unknown"), [...outcomes].join(" "));
});

test("without a quorum a proposal waits in the log and then times out; one on a leaderless member finds no leader", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  for (const id of cluster.followerIds) cluster.crash(id);
  const appended = cluster.propose(leader, "a");
  cluster.world.run(3000);
  const leaderless = cluster.propose(leader, "b");
  cluster.until(() => appended.outcome !== undefined && leaderless.outcome !== undefined);
  assert.equal(appended.outcome, "timeout");
  assert.equal(leaderless.outcome, "no-leader");
});

test("reads and writes that wait for a leader are served by the next one", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const survivor = cluster.followerIds[0] as number;
  cluster.crash(leader);
  cluster.world.run(800);
  const read = cluster.read(survivor);
  cluster.until(() => read.outcome !== undefined);
  assert.equal(read.outcome, "");
  const write = cluster.propose(survivor, "after");
  cluster.until(() => write.outcome !== undefined);
  assert.match(write.outcome as string, /^after@/);
});

test("a failed log write stops the member at once: everybody is told, nothing is acknowledged", () => {
  const cluster = new SimulatedCluster(3);
  const leader = cluster.elect();
  const member = cluster.member(leader);
  member.wal.failing = true;
  const write = cluster.propose(leader, "a");
  cluster.until(() => write.outcome !== undefined);
  assert.equal(write.outcome, "stopped");
  assert.match(String(member.fatal), /fdatasync failed/);
  assert.ok(
    member.lines.some((line) => line.startsWith("stopped: ")),
    "and says why",
  );
  cluster.until(() => member.journal.closed);
  cluster.world.end(member.scope);
  cluster.members.delete(leader);
  cluster.elect();
});

test("a failing state machine stops the member without a checkpoint", () => {
  const cluster = new SimulatedCluster(1);
  cluster.elect();
  const member = cluster.member(1);
  member.journal.failing = new HostError("io", "state", "the engine is gone");
  const write = cluster.propose(1, "a");
  cluster.until(() => member.fatal !== undefined && member.journal.closed);
  assert.equal(write.outcome, "stopped");
  assert.equal(cluster.checkpoints.size, 0);
});

test("a broken invariant stops the member with a dump", () => {
  const cluster = new SimulatedCluster(1);
  cluster.elect();
  const member = cluster.member(1);
  // A completion of a write that was never asked for.
  member.live.stored(999_999, {
    index: 1,
    term: 1,
  });
  cluster.until(() => member.fatal !== undefined);
  assert.equal(member.fatal?.name, "InvariantViolation");
  const late = cluster.propose(1, "late");
  cluster.until(() => late.outcome !== undefined);
  assert.equal(late.outcome, "stopped");
});

test("a restart replays what came after the last checkpoint, and only that", () => {
  const cluster = new SimulatedCluster(1, { checkpoint: { dirtyBytes: 3, intervalMs: 1e9 } });
  cluster.elect();
  for (const command of ["a", "b", "c", "d", "e"]) {
    const told = cluster.propose(1, command);
    cluster.until(() => told.outcome !== undefined);
  }
  const saved = cluster.checkpoints.get(1);
  assert.equal(saved?.text, "a,b,c,d", "as soon as more than three bytes are dirty");
  cluster.crash(1);
  const { journal } = cluster.start(1);
  assert.equal(journal.text, "a,b,c,d");
  cluster.elect();
  const read = cluster.read(1);
  cluster.until(() => read.outcome !== undefined);
  assert.equal(read.outcome, "a,b,c,d,e");
});

test("a checkpoint is made in time while there is something to save, and at the close", () => {
  const cluster = new SimulatedCluster(1, { checkpoint: { dirtyBytes: 1e9, intervalMs: 10_000 } });
  cluster.elect();
  const first = cluster.propose(1, "a");
  cluster.until(() => first.outcome !== undefined);
  cluster.world.run(8000);
  assert.ok(!cluster.checkpoints.has(1));
  cluster.world.run(3000);
  assert.equal(cluster.checkpoints.get(1)?.text, "a");
  const second = cluster.propose(1, "b");
  cluster.until(() => second.outcome !== undefined);
  let closed: unknown = "not yet";
  cluster.member(1).replica.close((error) => {
    closed = error;
  });
  cluster.until(() => closed !== "not yet");
  assert.equal(closed, undefined);
  assert.equal(cluster.checkpoints.get(1)?.text, "a,b");
  assert.ok(cluster.member(1).journal.closed);
});

test("a checkpoint that the state machine wants is made at once, and the next such one a second after it began", () => {
  const cluster = new SimulatedCluster(1, { checkpoint: { dirtyBytes: 1e9, intervalMs: 60_000 } });
  cluster.elect();
  const write = (command: string): void => {
    const told = cluster.propose(1, command);
    cluster.until(() => told.outcome !== undefined);
  };
  write("a");
  assert.ok(!cluster.checkpoints.has(1), "nobody wants one");
  write("wanted");
  assert.equal(cluster.checkpoints.get(1)?.text, "a,wanted");
  for (let count = 0; count < 5; count++) write("wanted");
  write("b");
  assert.equal(cluster.checkpoints.get(1)?.text, "a,wanted", "not one after another");
  cluster.world.run(1100);
  assert.equal(cluster.checkpoints.get(1)?.text, "a,wanted,wanted,wanted,wanted,wanted,wanted,b");
  write("c");
  cluster.world.run(2000);
  assert.equal(cluster.checkpoints.get(1)?.commands.at(-1), "b", "nobody wants one again");
});

test("garbage from a peer is dropped and said; the member goes on", () => {
  const cluster = new SimulatedCluster(1);
  cluster.elect();
  const member = cluster.member(1);
  const { peers } = member.live;
  peers.message(2, 1, encodeIntroduction({ incarnations: [1], isWhole: true }));
  cluster.world.run(10);
  for (const bytes of [[], [0], [0, 1, 2, 3], [1], [2, 9], [77, 1]]) {
    peers.message(2, 1, Uint8Array.from(bytes));
  }
  assert.ok(member.lines.some((line) => line.startsWith("dropped what member 2 sent")));
  const told = cluster.propose(1, "a");
  cluster.until(() => told.outcome !== undefined);
  assert.match(told.outcome as string, /^a@/);
});

test("role changes are logged in words and reported with the status", () => {
  const cluster = new SimulatedCluster(3);
  const seen: string[] = [];
  cluster.member(1).replica.onChange((status) => seen.push(`${status.role} ${status.term} ${status.leader}`));
  const leader = cluster.elect();
  assert.equal(seen.at(-1), `${leader === 1 ? "leader" : "follower"} 2 ${leader}`);
  assert.ok(cluster.member(leader).lines.some((line) => /^raft: .*became leader/.test(line)));
  assert.ok(cluster.member(leader).lines.some((line) => line.startsWith("raft: term 1 -> 2")));
  const { status } = cluster.member(leader).replica;
  assert.equal(status.leaderChanges, 1);
  assert.equal(status.memberId, leader);
  assert.equal(status.proposalsWaiting, 0);
});

for (const reads of ["read-index", "lease"] as const) {
  test(`how long reads and writes take is counted, by what answered: ${reads}`, () => {
    const cluster = new SimulatedCluster(3, { reads });
    const leader = cluster.elect();
    const write = cluster.propose(leader, "a");
    cluster.until(() => write.outcome !== undefined);
    const [own, others] = [cluster.read(leader), cluster.read(cluster.followerIds[0] as number)];
    cluster.until(() => own.outcome !== undefined && others.outcome !== undefined);
    const counts = (id: number): readonly number[] => {
      const { durations } = cluster.member(id).replica;
      return [durations.commits.count, durations.reads.lease.count, durations.reads["read-index"].count];
    };
    assert.deepEqual(counts(leader), reads === "lease" ? [1, 1, 0] : [1, 0, 1]);
    assert.deepEqual(counts(cluster.followerIds[0] as number), [0, 0, 1], "a follower holds no lease");
    assert.ok(cluster.member(leader).replica.durations.commits.sumMs > 0);
  });
}

test("a machine that wakes up between a turn's beginning and a lease read goes on serving: no time is older than one before", () => {
  // As on a real machine: no two readings of a clock are the same.
  let readings = 0;
  let suspendedMs = 0;
  const cluster = new SimulatedCluster(3, {
    reads: "lease",
    clock: (clock) => ({
      wallMs: () => clock.wallMs(),
      monotonicMs: () => clock.monotonicMs() + ++readings * 1e-6,
      bootMs: () => clock.monotonicMs() + readings * 1e-6 + suspendedMs,
    }),
  });
  const leader = cluster.elect();
  const { replica } = cluster.member(leader);
  suspendedMs += 60_000;
  const read = cluster.read(leader);
  let change: string | undefined;
  replica.administer({ kind: "timing", timing: { electionTimeoutMs: 900, clockDriftPpm: 10_000 } }, (error) => {
    change = error?.code ?? "done";
  });
  cluster.until(() => read.outcome !== undefined && change !== undefined);
  assert.equal(read.outcome, "");
  assert.equal(change, "done");
  for (const { fatal } of cluster.members.values()) assert.equal(fatal, undefined);
});
