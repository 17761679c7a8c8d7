import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@quorate/host";
import { createPeerTransport, type PeerTransportOptions } from "@quorate/transport";
import fc from "fast-check";
import { MemoryWorld } from "./memory-world.ts";
import { addressOf, endOf, openStreams, pair, TestMember } from "./members.ts";

test("messages arrive on both lanes and in both directions, in order, with the sender's incarnation", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1, { incarnation: 5 });
  const two = new TestMember(world, 2, { incarnation: 9 });
  one.know(2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1));
  assert.deepEqual([...one.up.values(), ...two.up.values()], [9, 9, 5, 5]);
  for (const [lane, text] of [
    ["control", "a"],
    ["control", "b"],
    ["bulk", "c"],
    ["bulk", "d"],
  ] as const) {
    assert.equal(one.send(2, lane, `1${text}`), true);
    assert.equal(two.send(1, lane, `2${text}`), true);
  }
  world.run(10);
  assert.deepEqual(two.texts(), ["1a", "1b", "1c", "1d"]);
  assert.deepEqual(one.texts(), ["2a", "2b", "2c", "2d"]);
  assert.deepEqual(new Set(one.received.map(({ from, incarnation }) => `${from} ${incarnation}`)), new Set(["2 9"]));
});

test("a pair has two connections, whoever dials, even when both dial at the same moment", () => {
  for (const latencyMs of [0, 1, 30, 200]) {
    const world = new MemoryWorld();
    world.latencyMs = latencyMs;
    const [one, two] = pair(world);
    world.run(3000);
    assert.equal(openStreams(world, "control").length, 2, "two ends of one control connection");
    assert.equal(openStreams(world, "bulk").length, 2, "two ends of one bulk connection");
    assert.deepEqual(
      one.reports,
      one.reports.filter((report) => report.startsWith("+")),
    );
    assert.deepEqual(
      two.reports,
      two.reports.filter((report) => report.startsWith("+")),
    );
    assert.deepEqual([one.refusals, two.refusals], [[], []]);
  }
});

test("a pair in which only one side can reach the other's port is connected all the same, in both directions", () => {
  for (const unreachable of [1, 2]) {
    const world = new MemoryWorld();
    world.silentPorts.add(2000 + unreachable);
    const [one, two] = pair(world);
    assert.equal(one.send(2, "bulk", "there") && two.send(1, "bulk", "back"), true);
    world.run(10);
    assert.deepEqual([two.texts(), one.texts()], [["there"], ["back"]]);
  }
});

test("a lost connection is reported once, comes back, and nothing that was sent before is sent again", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  const [end] = openStreams(world, "bulk");
  one.send(2, "bulk", "lost");
  world.run(0);
  end?.reset();
  world.runUntil(() => !one.isUp(2) && !two.isUp(1));
  assert.equal(one.send(2, "bulk", "refused"), false);
  assert.equal(one.send(2, "control", "control stays"), true);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 100);
  one.send(2, "bulk", "new");
  world.run(100);
  assert.deepEqual(two.texts(), ["control stays", "new"]);
  assert.equal(one.reports.filter((report) => report.startsWith("-2 bulk")).length, 1);
  assert.equal(one.reports.filter((report) => report === "+2 bulk").length, 2);
});

test("attempts become rarer up to a bound, and start anew after a connection that lasted", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1, { limits: { reconnectMinMs: 20, reconnectMaxMs: 500, stableAfterMs: 5000 } });
  one.know(2);
  world.run(10_000);
  const early = world.streams.length;
  assert.ok(early > 40 && early < 80, `${early} dials on two lanes in 10 s, at 500 ms x 0.75 each`);
  assert.equal(one.logs.filter(({ message }) => message.startsWith("a peer cannot be reached")).length, 2);
  const two = new TestMember(world, 2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 600);
  // From here on only member 1 can dial: what counts is how long it waits.
  world.silentPorts.add(2001);
  world.run(5000);
  const lostAt = world.now;
  for (const stream of world.streams) stream.reset();
  world.runUntil(() => !one.isUp(2));
  world.runUntil(() => one.isUp(2) && two.isUp(1), 100);
  assert.ok(world.now - lostAt < 50, `${world.now - lostAt} ms`);
});

test("a peer that restarted is connected at once, and its former connections are closed", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  // Its machine lost power: nobody says that the connections are dead.
  for (const stream of world.streams) if (!stream.closed) stream.stuck = true;
  two.transport.close(() => {});
  world.run(5);
  assert.equal(one.isUp(2), true);
  const again = new TestMember(world, 2, { incarnation: 2 });
  again.know(1);
  world.runUntil(() => again.isUp(1) && one.up.get("2 control") === 2 && one.up.get("2 bulk") === 2, 50);
  assert.match(one.reports.join(), /-2 control: the peer has restarted/);
  again.send(1, "bulk", "hello again");
  world.run(10);
  assert.deepEqual(
    one.received.map(({ incarnation }) => incarnation),
    [2],
  );
});

test("a peer that breaks the framing loses that connection only, and is told why", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  const end = endOf(world, 2, "bulk");
  end.write([new Uint8Array(100).fill(0xff)]);
  world.runUntil(() => !one.up.has("2 bulk") && !two.up.has("1 bulk"));
  assert.match(one.reports.join(), /-2 bulk: the other side sent a frame of the unknown type 255/);
  assert.match(two.reports.join(), /-1 bulk: the other side closed it: it received a frame of the unknown type 255/);
  assert.ok(one.up.has("2 control"));
  world.runUntil(() => one.isUp(2) && two.isUp(1), 100);
});

test("a peer that is no longer one is told, cut off, and dialed no more", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  one.know();
  assert.equal(one.send(2, "control", "gone"), false);
  world.run(5);
  assert.deepEqual(one.reports.slice(-2), [
    "-2 control: member 2 is no longer a peer of member 1",
    "-2 bulk: member 2 is no longer a peer of member 1",
  ]);
  assert.match(two.reports.join(), /the other side closed it: member 2 is no longer a peer of member 1/);
  two.know();
  world.run(2000);
  assert.equal(world.openStreams, 0);
  one.know(2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 1200);
});

test("declaring the same peers again changes nothing; a new address is dialed at once", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  one.transport.setPeers([{ id: 2, address: { host: "old", port: 9 } }]);
  world.run(20_000);
  const two = new TestMember(world, 2);
  two.transport.setPeers([{ id: 1, address: { host: "wrong", port: 9 } }]);
  one.know(2);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 10);
  const { length } = world.streams;
  one.know(2);
  two.know(1);
  world.run(1000);
  assert.equal(world.streams.length, length);
});

test("where a peer's address asks for another kind of stream, what is open is closed and dialed anew", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  const { length } = world.streams;
  one.transport.setPeers([{ id: 2, address: { ...addressOf(2), secure: true } }]);
  assert.equal(one.isUp(2), true, "nothing happens inside of the call");
  world.runUntil(() => world.streams.length >= length + 2 && one.isUp(2) && two.isUp(1), 1200);
  const { length: afterwards } = world.streams;
  one.transport.setPeers([{ id: 2, address: { ...addressOf(2), secure: true } }]);
  world.run(1000);
  assert.equal(world.streams.length, afterwards, "the same again changes nothing");
});

test("closing ends every stream and timer, and nothing is reported afterwards", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  two.send(1, "control", "late");
  const { length } = one.reports;
  one.close();
  assert.equal(one.reports.length, length);
  assert.deepEqual(one.received, []);
  assert.equal(one.send(2, "control", "no"), false);
  world.run(10);
  assert.match(two.reports.join(), /member 1 stops/);
  two.close();
  world.run(5000);
  assert.equal(world.openStreams, 0);
  const { length: dialed } = world.streams;
  world.run(60_000);
  assert.equal(world.streams.length, dialed);
  // The port is free again.
  new TestMember(world, 1).close();
});

test("closing is bounded in time though a peer takes nothing in", () => {
  const world = new MemoryWorld();
  const [one] = pair(world);
  for (const stream of world.streams) stream.stuck = true;
  one.transport.send(2, "bulk", [new Uint8Array(1_000_000)]);
  const from = world.now;
  one.close();
  assert.ok(world.now - from <= 1010, `${world.now - from} ms`);
});

test("an option out of its range, and a port in use, are errors of the creation", () => {
  const world = new MemoryWorld();
  const holder = new TestMember(world, 1);
  const failures: (string | undefined)[] = [];
  const attempt = (options: Partial<PeerTransportOptions>): void => {
    createPeerTransport(
      {
        host: world.host(),
        clusterId: 1,
        memberId: 1,
        incarnation: 1,
        listen: { host: "m9", port: 2009 },
        peers: [],
        events: { message: () => {}, connected: () => {}, disconnected: () => {} },
        logger: silentLogger,
        timing: { electionTimeoutMs: 1000 },
        ...options,
      },
      (error) => failures.push(error && `${error.code} ${error.subject}`),
    );
    world.run(1);
  };
  attempt({ memberId: 0 });
  attempt({ clusterId: 1.5 });
  attempt({ incarnation: -1 });
  attempt({ timing: { electionTimeoutMs: Number.NaN } });
  attempt({ limits: { bulk: { bytes: 10, messages: 1 } } });
  attempt({ limits: { reconnectMaxMs: 1 } });
  attempt({ limits: { maxMessageBytes: 9999 }, largestMessageBytes: 10_000 });
  attempt({ largestMessageBytes: 65 * 1024 * 1024 });
  attempt({ listen: addressOf(1) });
  assert.deepEqual(failures, [
    "invalid memberId",
    "invalid clusterId",
    "invalid incarnation",
    "invalid electionTimeoutMs",
    "invalid bulk.bytes",
    "invalid reconnectMaxMs",
    "invalid maxMessageBytes",
    "invalid maxMessageBytes",
    "address-in-use m1:2001",
  ]);
  holder.close();
});

test("however the network cuts the bytes, every message arrives whole and in order", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
      fc.array(fc.tuple(fc.boolean(), fc.nat(2000)), { minLength: 1, maxLength: 20 }),
      (sizes, messages) => {
        const world = new MemoryWorld();
        let turn = 0;
        world.cut = (bytes) => {
          const pieces: Uint8Array[] = [];
          for (let at = 0; at < bytes.length; ) {
            const size = sizes[turn++ % sizes.length] as number;
            pieces.push(bytes.subarray(at, at + size));
            at += size;
          }
          return pieces;
        };
        const [one, two] = pair(world);
        for (const [isControl, length] of messages) {
          one.transport.send(2, isControl ? "control" : "bulk", [new Uint8Array(length).fill(length)]);
          two.transport.send(1, isControl ? "control" : "bulk", [new Uint8Array(length).fill(length)]);
        }
        world.run(20);
        for (const member of [one, two]) {
          for (const lane of [true, false]) {
            const expected = messages.filter(([isControl]) => isControl === lane).map(([, length]) => length);
            const found = member.received.map(({ bytes }) => bytes);
            assert.equal(found.length, messages.length);
            assert.ok(found.every((bytes) => bytes.every((byte) => byte === bytes.length % 256)));
            const lengths = found.map((bytes) => bytes.length);
            let at = 0;
            for (const length of lengths) if (length === expected[at]) at++;
            assert.ok(at === expected.length, "a lane keeps its order");
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});
