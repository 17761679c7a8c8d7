import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../harness/cluster.ts";
import { freePorts } from "../harness/free-ports.ts";
import { canFindProcesses } from "../harness/process-of-port.ts";
import type { Cut } from "../harness/tcp-proxy.ts";
import { TcpProxy } from "../harness/tcp-proxy.ts";

const absenceMs = Number(process.env["QUORATE_ABSENCE_SECONDS"] ?? 5) * 1000;
const seconds = `${absenceMs / 1000} s`;
const skipProxies = canFindProcesses ? false : "the proxies tell members apart through /proc";

test(`a follower that is stopped for ${seconds} comes back without a new leader or term`, async (context) => {
  const cluster = await Cluster.start(context);
  await assertUndisturbed(cluster, { hears: true }, (follower) => {
    cluster.member(follower).signal("SIGSTOP");
    return () => cluster.member(follower).signal("SIGCONT");
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
    await assertUndisturbed(cluster, { hears }, (follower) => {
      const pid = cluster.member(follower).pid;
      for (const [index, proxy] of proxies.entries()) {
        proxy.cut((clientPid) => {
          if (index === follower) return incoming;
          return clientPid === pid ? outgoing : undefined;
        });
      }
      return () => proxies.forEach((proxy) => proxy.heal());
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

/**
 * Takes a follower away and back: the others serve on meanwhile, and leader and term are as before, then and later. One
 * that does not hear must lack what is written meanwhile: it was away indeed. (One that is stopped cannot be asked.)
 */
async function assertUndisturbed(
  cluster: Cluster,
  { hears }: { readonly hears: boolean },
  takeAway: (follower: number) => () => void,
): Promise<void> {
  const leader = await cluster.untilServing();
  const before = await cluster.client(leader).state();
  const follower = (leader + 1) % cluster.members.length;

  const bringBack = takeAway(follower);
  const started = performance.now();
  let writes = 0;
  while (performance.now() - started < absenceMs) {
    await cluster.client(leader).put(`during absence/${writes}`, "served");
    writes += 1;
    await delay(20);
  }
  if (!hears) {
    const held = (await cluster.client(follower).readAll("during absence/", 1000)).size;
    assert.ok(held < writes / 2, `it was not away: it holds ${held} of ${writes} writes`);
  }
  bringBack();

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
