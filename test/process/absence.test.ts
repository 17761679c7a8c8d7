import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../harness/cluster.ts";
import { freePorts } from "../harness/free-ports.ts";
import { canFindProcesses } from "../harness/process-of-port.ts";
import type { Cut, CutRule } from "../harness/tcp-proxy.ts";
import { TcpProxy } from "../harness/tcp-proxy.ts";
import { until } from "../harness/until.ts";

const absenceMs = Number(process.env["QUORATE_ABSENCE_SECONDS"] ?? 5) * 1000;
const seconds = `${absenceMs / 1000} s`;
const skipProxies = canFindProcesses ? false : "the proxies tell members apart through /proc";

test(`a follower that is stopped for ${seconds} comes back without a new leader or term`, async (context) => {
  const cluster = await Cluster.start(context);
  await assertUndisturbed(cluster, async (follower) => {
    const { pid } = cluster.member(follower);
    cluster.member(follower).signal("SIGSTOP");
    await until("the follower has stopped", 5000, async () => isStopped(pid) || undefined);
    return {
      assertAway: async () => assert.ok(isStopped(pid), "the follower is stopped"),
      bringBack: () => cluster.member(follower).signal("SIGCONT"),
    };
  });
});

/** Which way the follower's packets are lost. It may be the end that connected, or the other. */
const partitions: readonly { what: string; hears: boolean; outgoing: Cut; incoming: Cut }[] = [
  {
    what: "cut off",
    hears: false,
    outgoing: { fromClient: true, toClient: true },
    incoming: { fromClient: true, toClient: true },
  },
  {
    what: "deaf (heard, but hears nobody)",
    hears: false,
    outgoing: { fromClient: false, toClient: true },
    incoming: { fromClient: true, toClient: false },
  },
  {
    what: "mute (hears, but is not heard)",
    hears: true,
    outgoing: { fromClient: true, toClient: false },
    incoming: { fromClient: false, toClient: true },
  },
];

for (const { what, hears, outgoing, incoming } of partitions) {
  test(`a follower that is ${what} for ${seconds} comes back without a new leader or term`, {
    skip: skipProxies,
  }, async (context) => {
    const { cluster, proxies } = await startBehindProxies(context);
    await assertUndisturbed(cluster, async (follower) => {
      const { pid } = cluster.member(follower);
      const rules = proxies.map((_, index): CutRule => {
        return (clientPid) => (index === follower ? incoming : clientPid === pid ? outgoing : undefined);
      });
      const passed = (): number =>
        proxies.reduce((bytes, proxy, index) => bytes + proxy.passedBytes(rules[index] ?? (() => undefined)), 0);
      assert.ok(passed() > 0, "the ways that are cut are ways that were used");
      proxies.forEach((proxy, index) => proxy.cut(rules[index] ?? (() => undefined)));
      // What a proxy had read when it was told may still be on its way.
      await delay(500);
      const passedBefore = passed();
      const { appliedIndex } = await cluster.client(follower).state();
      return {
        async assertAway() {
          assert.equal(passed(), passedBefore, "nothing came through the ways that are cut");
          const now = await cluster.client(follower).state();
          if (hears) assert.ok(now.appliedIndex > appliedIndex, "it hears what is written, and applies it");
          else assert.equal(now.appliedIndex, appliedIndex, "it hears nothing of what is written");
        },
        bringBack: () => proxies.forEach((proxy) => proxy.heal()),
      };
    });
  });
}

/** Members that reach each other through proxies, one before each. */
async function startBehindProxies(context: TestContext): Promise<{ cluster: Cluster; proxies: readonly TcpProxy[] }> {
  const proxies: TcpProxy[] = [];
  context.after(() => proxies.forEach((proxy) => proxy.close()));
  const cluster = await Cluster.start(context, {
    async advertisedPeerPort(index, peerPort) {
      const [port = 0] = await freePorts(1);
      const proxy = await TcpProxy.open(port, peerPort);
      proxies[index] = proxy;
      return proxy.port;
    },
  });
  return { cluster, proxies };
}

/** A follower that was taken away. */
interface Absence {
  /** Fails when the follower was not away all the time: an absence that never was proves nothing. */
  assertAway(): Promise<void>;
  bringBack(): void;
}

/** Takes a follower away and back: the others serve on meanwhile, and leader and term are as before, then and later. */
async function assertUndisturbed(cluster: Cluster, takeAway: (follower: number) => Promise<Absence>): Promise<void> {
  const leader = await cluster.untilServing();
  const before = await cluster.client(leader).state();
  const follower = (leader + 1) % cluster.members.length;

  const absence = await takeAway(follower);
  const started = performance.now();
  let writes = 0;
  while (performance.now() - started < absenceMs) {
    await cluster.client(leader).put(`during absence/${writes}`, "served");
    writes += 1;
    await delay(20);
  }
  await absence.assertAway();
  absence.bringBack();

  await cluster.untilCaughtUp();
  // Long enough for an election that the return might have set off.
  await delay(3000);
  const after = await Promise.all(cluster.clients.map((client) => client.state()));
  for (const state of after) {
    assert.equal(state.term, before.term, "the term has not moved");
    assert.equal(state.leader, before.memberId, "the leader is the same");
  }
  assert.equal((await cluster.client(follower).readAll("during absence/", 1000)).size, writes);
}

/** Whether a process is in state T (stopped by a signal), from /proc; elsewhere the signal is taken at its word. */
function isStopped(pid: number | undefined): boolean {
  if (process.platform !== "linux") return true;
  // "pid (name) state ...": the name may hold anything, parentheses too.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).startsWith("T");
}
