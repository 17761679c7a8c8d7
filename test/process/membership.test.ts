import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Cluster } from "../harness/cluster.ts";
import { memberNumber, Operator } from "../harness/membership.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

const electionTimeoutMs = 500;

test("3 members become 5 and 3 again, then all are replaced, with writes going on and a leader killed", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs });
  const operator = new Operator(cluster);
  const acknowledged = new Map<string, string>();
  const pauses: string[] = [];
  /** Writes through these members while `work` is done. */
  const underLoad = async (what: string, through: readonly string[], work: () => Promise<void>): Promise<void> => {
    const clients = through.map((name) => cluster.client(memberNumber(name)));
    const load = new WriteLoad(clients, { writersPerMember: 2, keyPrefix: `${what}/`, pauseAfterFailureMs: 50 });
    const beganAt = performance.now();
    await work();
    const endedAt = performance.now();
    await load.stop();
    for (const [key, value] of load.acknowledged) acknowledged.set(key, value);
    pauses.push(`${what}: ${Math.round(load.longestSilenceMs(beganAt, endedAt))} ms, ${load.failures} failed`);
  };
  const newMember = async (): Promise<string> => {
    const endpoints = cluster.members.filter(({ pid }) => pid !== undefined).map(({ endpoint }) => endpoint);
    return cluster.member(await cluster.newMember(endpoints)).name;
  };
  const wanted = (name: string): string => `${name}=${cluster.member(memberNumber(name)).peerUrl}`;

  await underLoad("3 to 5", ["m1", "m2"], async () => {
    const newcomers = [await newMember(), await newMember()];
    const growing = operator.done("members", "set", ["m1", "m2", "m3", ...newcomers.map(wanted)].join());
    await operator.startWhenAdded(...newcomers);
    await growing;
    assert.deepEqual(await operator.voters(), ["m1", "m2", "m3", "m4", "m5"]);
  });

  const leader = cluster.member(await cluster.untilServing());
  const leaving = ["m1", "m2", "m3", "m4"].filter((name) => name !== leader.name).slice(1);
  const staying = ["m1", "m2", "m3", "m4", "m5"].filter((name) => !leaving.slice(0, 2).includes(name));
  await underLoad("5 to 3, the leader killed", staying, async () => {
    // The next leader ends the change, or it is asked for again.
    const shrinking = operator.run("members", "set", staying.join());
    await leader.kill();
    await shrinking;
    leader.start();
    await until("the change is made", 30_000, async () =>
      (await operator.run("members", "set", staying.join())).code === 0 ? true : undefined,
    );
    assert.deepEqual(await operator.voters(), staying);
  });
  for (const name of leaving.slice(0, 2)) await cluster.member(memberNumber(name)).kill();

  // The leader last: it hands over to one of the new ones.
  const last = cluster.member(await cluster.untilServing()).name;
  const present = [...staying];
  for (const old of [...staying.filter((name) => name !== last), last]) {
    const remaining = present.filter((name) => name !== old);
    await underLoad(`${old} replaced`, remaining, async () => {
      const replacement = await newMember();
      const replacing = operator.done("member", "replace", old, wanted(replacement));
      await operator.startWhenAdded(replacement);
      await replacing;
      present.splice(0, present.length, ...remaining, replacement);
      assert.deepEqual(await operator.voters(), [...present].sort());
      assert.equal(await cluster.member(memberNumber(old)).exited(), "code 0", `${old} ends by itself`);
    });
  }
  context.diagnostic(`${acknowledged.size} writes; longest pauses: ${pauses.join("; ")}`);
  await cluster.untilCaughtUp();
  for (const name of present) {
    const found = await cluster.client(memberNumber(name)).readAll("", 1000);
    for (const [key, value] of acknowledged) assert.equal(found.get(key), value, `${key} on ${name}`);
  }
  assert.match(await operator.done("verify", "state", "--timeout=30000"), /states are equal/);

  // The leader tells a former member for 5 T, and again when it comes back.
  const away = cluster.member(memberNumber(present.find((name) => name !== last) as string));
  await away.kill();
  await operator.done("member", "remove", away.name);
  await setTimeout(7 * electionTimeoutMs);
  away.start();
  assert.equal(await away.exited(), "code 0", "one that was away when it was removed ends as well");
});
