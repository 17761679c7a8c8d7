import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../harness/cluster.ts";
import { assertSameHash, missingOn } from "../harness/compare-members.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

const rounds = Number(process.env["QUORATE_KILL_ROUNDS"] ?? 10);
const load = { writersPerMember: 4, keyPrefix: "load/", pauseAfterFailureMs: 20 };

/** One killed leader, as the report shows it. */
interface Round {
  readonly killed: string;
  readonly next: string;
  readonly outageMs: number;
  readonly acknowledged: number;
}

test(`no acknowledged write is lost when the leader is killed ${rounds} times under load`, async (context) => {
  const cluster = await Cluster.start(context);
  const writes = new WriteLoad(cluster.clients, load);
  const report: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    report.push(await killLeader(cluster, writes));
  }
  await writes.stop();
  describe(context, report, writes);
  await assertNothingMissing(cluster, writes);
  // T is 1,000 ms: a follower stands one to two T after the last heartbeat, and then wins, commits and answers. The
  // median has two T of room for a loaded machine, and still shows an election that usually needs a second try. A single
  // outage may be longer, by a split vote or a machine that stalls, so the longest one is held loosely.
  assert.ok(medianOf(report) <= 4000, `the median outage was ${medianOf(report).toFixed(0)} ms, more than 4 T`);
  assert.ok(
    report.every(({ outageMs }) => outageMs < 15_000),
    "writing resumed within 15 s after every kill",
  );
});

test("no acknowledged write is lost when all members are killed at once", async (context) => {
  const cluster = await Cluster.start(context);
  const writes = new WriteLoad(cluster.clients, load);
  await until("the load is under way", 20_000, async () => (writes.acknowledged.size > 300 ? true : undefined));
  await Promise.all(cluster.members.map((member) => member.kill()));
  await writes.stop();
  for (const member of cluster.members) member.start();
  await assertNothingMissing(cluster, writes);
});

/** Kills the leader, waits until writing has resumed, starts the member again and waits until it has caught up. */
async function killLeader(cluster: Cluster, writes: WriteLoad): Promise<Round> {
  const leader = await cluster.untilServing();
  await delay(500);
  const member = cluster.member(leader);
  const acknowledged = writes.acknowledged.size;
  const killedAtMs = performance.now();
  await member.kill();
  const next = await cluster.untilServing();
  await until("writing has resumed", 30_000, async () =>
    writes.acknowledged.size > acknowledged + 50 ? true : undefined,
  );
  const outageMs = writes.longestSilenceMs(killedAtMs, performance.now());
  member.start();
  await cluster.untilServing();
  return { killed: member.name, next: cluster.member(next).name, outageMs, acknowledged: writes.acknowledged.size };
}

/** Reads every member's own state, without asking the others. */
async function assertNothingMissing(cluster: Cluster, writes: WriteLoad): Promise<void> {
  assert.ok(writes.acknowledged.size > 100, `only ${writes.acknowledged.size} writes were acknowledged`);
  await cluster.untilCaughtUp(60_000);
  for (const client of cluster.clients) {
    assert.deepEqual(await missingOn(client, load.keyPrefix, writes.acknowledged), []);
  }
  await assertSameHash(cluster);
}

function medianOf(report: readonly Round[]): number {
  const outages = report.map(({ outageMs }) => outageMs).sort((left, right) => left - right);
  return outages[Math.floor(outages.length / 2)] ?? 0;
}

function describe(context: TestContext, report: readonly Round[], writes: WriteLoad): void {
  const longest = Math.max(...report.map(({ outageMs }) => outageMs));
  const lines = report.map(
    ({ killed, next, outageMs, acknowledged }, round) =>
      `${String(round + 1).padStart(4)}  ${killed.padEnd(6)}  ${next.padEnd(10)}  ${outageMs.toFixed(0).padStart(9)}  ${String(acknowledged).padStart(12)}`,
  );
  context.diagnostic(
    [
      "kill  killed  new leader  outage ms  acknowledged",
      ...lines,
      `median outage ${medianOf(report).toFixed(0)} ms, longest ${longest.toFixed(0)} ms; ` +
        `${writes.acknowledged.size} writes acknowledged, ${writes.failures} refused or of unknown outcome`,
    ].join("\n"),
  );
}
