import assert from "node:assert/strict";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { silentLogger, type NetworkAddress } from "@quorate/host";
import { createNodeHost, type NodeHost } from "@quorate/host-node";
import { createPeerTransport, type PeerId, type PeerTransport } from "@quorate/transport";

const loopback: NetworkAddress = { host: "127.0.0.1", port: 0 };

interface Member {
  readonly id: PeerId;
  readonly transport: PeerTransport;
  readonly received: { readonly bytes: Uint8Array; readonly at: number }[];
  readonly up: Map<string, number>;
  readonly refusals: string[];
}

function hostFor(context: TestContext): NodeHost {
  const host = createNodeHost();
  context.after(() => host.close());
  return host;
}

function start(
  host: NodeHost,
  id: PeerId,
  { listen = loopback, incarnation = 1, clusterId = 7 } = {},
): Promise<Member> {
  const received: { bytes: Uint8Array; at: number }[] = [];
  const up = new Map<string, number>();
  const refusals: string[] = [];
  return new Promise((resolve, reject) => {
    createPeerTransport(
      {
        host,
        clusterId,
        memberId: id,
        incarnation,
        listen,
        peers: [],
        logger: silentLogger,
        timing: { electionTimeoutMs: 1000 },
        limits: { bulk: { bytes: 80 * 1024 * 1024, messages: 1000 } },
        events: {
          message: (_from, _incarnation, bytes) => received.push({ bytes, at: performance.now() }),
          connected: (peer, lane, incarnation) => up.set(`${peer} ${lane}`, incarnation),
          disconnected: (peer, lane) => up.delete(`${peer} ${lane}`),
          refused: (_remote, reason) => refusals.push(reason),
        },
      },
      (error, transport) => (error === undefined ? resolve({ id, transport, received, up, refusals }) : reject(error)),
    );
  });
}

function introduce(...members: Member[]): void {
  for (const member of members) {
    member.transport.setPeers(members.map(({ id, transport }) => ({ id, address: transport.address })));
  }
}

async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 30_000;
  while (!condition()) {
    assert.ok(performance.now() < end, `${what} within 30 s`);
    await sleep(2);
  }
}

const stop = (member: Member): Promise<void> => new Promise((resolve) => member.transport.close(resolve));

test("three members over real sockets: both lanes both ways, a restart, and no socket left behind", async (context) => {
  const host = hostFor(context);
  const members = await Promise.all([start(host, 1), start(host, 2), start(host, 3)]);
  const [one, two, three] = members as [Member, Member, Member];
  introduce(one, two, three);
  await until(() => members.every(({ up }) => up.size === 4), "every lane is up");
  for (const from of members) {
    for (const to of members) {
      if (from === to) continue;
      assert.ok(from.transport.send(to.id, "control", [Uint8Array.of(from.id)]));
      assert.ok(from.transport.send(to.id, "bulk", [Uint8Array.of(from.id), new Uint8Array(300_000).fill(from.id)]));
    }
  }
  await until(() => members.every(({ received }) => received.length === 4), "every message arrives");
  for (const { received } of members) {
    for (const { bytes } of received) assert.ok(bytes.every((byte) => byte === bytes[0]));
  }
  await until(() => members.every(({ transport, id }) => transport.roundTripMs((id % 3) + 1) !== undefined), "RTT");
  assert.ok((one.transport.roundTripMs(2) as number) < 1000);

  const { address } = two.transport;
  await stop(two);
  await until(() => one.up.size === 2 && three.up.size === 2, "the others notice");
  assert.equal(one.transport.send(2, "control", [Uint8Array.of(1)]), false);
  const again = await start(host, 2, { listen: address, incarnation: 2 });
  introduce(one, again, three);
  await until(() => [one, again, three].every(({ up }) => up.size === 4), "the restarted member is back");
  assert.deepEqual([one.up.get("2 bulk"), three.up.get("2 control")], [2, 2]);
  await Promise.all([one, again, three].map(stop));
  const left = process.getActiveResourcesInfo().filter((resource) => resource.startsWith("TCP"));
  assert.deepEqual(left, []);
});

test("control overtakes 64 MB of queued bulk on real sockets", async (context) => {
  const host = hostFor(context);
  const [one, two] = [await start(host, 1), await start(host, 2)];
  introduce(one, two);
  await until(() => one.up.size === 2 && two.up.size === 2, "both lanes are up");
  const megabyte = new Uint8Array(1024 * 1024);
  for (let k = 0; k < 64; k++) assert.ok(one.transport.send(2, "bulk", [megabyte], 0));
  assert.ok(one.transport.send(2, "control", [Uint8Array.of(1)]));
  await until(() => two.received.length === 65, "everything arrives");
  const place = two.received.findIndex(({ bytes }) => bytes.length === 1);
  assert.ok(place < 32, `the control message came after ${place} of 64 bulk messages that were sent before it`);
  await Promise.all([one, two].map(stop));
});

test("strangers on a real port: garbage, another cluster, and a connection that is cut in its hello", async (context) => {
  const host = hostFor(context);
  const [one, two, other] = [await start(host, 1), await start(host, 2), await start(host, 3, { clusterId: 8 })];
  one.transport.setPeers([two, other].map(({ id, transport }) => ({ id, address: transport.address })));
  two.transport.setPeers([{ id: 1, address: one.transport.address }]);
  other.transport.setPeers([{ id: 1, address: one.transport.address }]);
  await until(() => one.up.size === 2, "the cluster's own members are connected");
  const closed: Promise<void>[] = [];
  for (const text of ["GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\0\0\0\0\0\0", "QUOR"]) {
    const socket = connect(one.transport.address.port, one.transport.address.host);
    socket.on("error", () => {});
    if (text === "QUOR") socket.end(text);
    else socket.write(text);
    closed.push(new Promise((resolve) => socket.on("close", () => resolve())));
    socket.resume();
  }
  await Promise.all(closed);
  const isMutual = ({ refusals }: Member): boolean => /of cluster 7.*of 8|of cluster 8.*of 7/.test(refusals.join());
  await until(() => isMutual(one) && isMutual(other), "both sides say why");
  assert.match(one.refusals.join(), /HTTP/);
  assert.deepEqual([one.up.size, other.up.size], [2, 0]);
  await Promise.all([one, two, other].map(stop));
});
