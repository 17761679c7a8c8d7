import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryWorld } from "./memory-world.ts";
import { openStreams, pair, TestMember } from "./members.ts";

test("pings measure the round trip, smoothed", () => {
  const world = new MemoryWorld();
  world.latencyMs = 20;
  const [one, two] = pair(world);
  assert.equal(one.transport.roundTripMs(2) ?? two.transport.roundTripMs(1), undefined);
  world.run(1000);
  assert.equal(one.transport.roundTripMs(2), 40);
  assert.equal(two.transport.roundTripMs(1), 40);
  world.latencyMs = 40;
  world.run(500);
  const rising = one.transport.roundTripMs(2) as number;
  assert.ok(rising > 41 && rising < 60, `${rising}`);
  world.run(20_000);
  assert.ok(Math.abs((one.transport.roundTripMs(2) as number) - 80) < 1);
  assert.equal(one.transport.roundTripMs(3), undefined);
});

test("pings without an answer close both lanes after T, in either direction of silence", () => {
  for (const deafSide of ["dialer", "acceptor"] as const) {
    const world = new MemoryWorld();
    const [one, two] = pair(world);
    world.run(2000);
    for (const stream of world.streams) stream.stuck = stream.isDialer === (deafSide === "dialer");
    const stuckAt = world.now;
    world.runUntil(() => one.up.size === 0 && two.up.size === 0, 3000);
    assert.ok(world.now - stuckAt >= 1000 && world.now - stuckAt <= 1600, `${world.now - stuckAt} ms`);
    assert.match([...one.reports, ...two.reports].join(), /no answer to a ping for \d+ ms/);
    world.runUntil(() => one.isUp(2) && two.isUp(1), 100);
  }
});

test("a new connection is not judged by the pings of the one before", () => {
  for (const latencyMs of [1, 60, 110, 180, 240]) {
    const world = new MemoryWorld();
    world.latencyMs = latencyMs;
    const [one, two] = pair(world);
    for (const stream of world.streams) stream.stuck = true;
    world.run(900);
    for (const stream of world.streams) stream.reset();
    world.runUntil(() => one.up.size === 0 && two.up.size === 0);
    world.runUntil(() => one.isUp(2) && two.isUp(1), 5000);
    const reports = one.reports.length;
    world.run(3000);
    assert.deepEqual(one.reports.slice(reports), [], `at ${latencyMs} ms`);
  }
});

test("bulk that makes no progress for T is reopened while control stays; heartbeats prove nothing", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  const bulk = openStreams(world, "bulk");
  for (const stream of bulk) stream.stuck = true;
  world.run(5000);
  assert.equal(one.isUp(2), true, "nothing waits on the stuck lane");
  const sentAt = world.now;
  const beats: number[] = [];
  assert.equal(one.send(2, "bulk", "stuck"), true);
  while (one.up.has("2 bulk")) {
    one.send(2, "control", "heartbeat");
    world.run(50);
    beats.push(world.now);
  }
  assert.ok(world.now - sentAt >= 1000 && world.now - sentAt <= 1350, `${world.now - sentAt} ms`);
  assert.match(one.reports.join(), /-2 bulk: \d+ bytes made no progress for \d+ ms/);
  assert.ok(beats.length > 15);
  world.runUntil(() => one.isUp(2) && two.isUp(1), 2000);
  one.send(2, "bulk", "through");
  world.run(10);
  assert.equal(two.texts().at(-1), "through");
  assert.equal(one.reports.filter((report) => report.includes("control")).length, 1);
});

test("a report of progress that was lost with its control connection is made again", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  world.run(1000);
  const control = openStreams(world, "control");
  for (const stream of control) stream.stuck = true;
  assert.equal(one.send(2, "bulk", "arrives, but nobody says so"), true);
  world.run(400);
  control[0]?.reset();
  world.runUntil(() => !one.isUp(2));
  world.run(5000);
  assert.equal(two.received.length, 1);
  assert.ok(one.isUp(2) && one.reports.every((report) => !report.startsWith("-2 bulk")));
});

test("a slow bulk lane that moves is never closed, though one message takes longer than T", () => {
  const world = new MemoryWorld();
  world.bytesPerMs = 100;
  const [one, two] = pair(world);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(1_000_000)]), true);
  assert.equal(two.transport.send(1, "bulk", [new Uint8Array(1_000_000)]), true);
  world.run(12_000);
  assert.deepEqual([one.received.length, two.received.length], [1, 1]);
  assert.ok(one.reports.every((report) => report.startsWith("+")));
});

test("control is not delayed behind 64 MB of queued bulk", () => {
  const world = new MemoryWorld();
  world.bytesPerMs = 100_000;
  const [one, two] = pair(world, { limits: { bulk: { bytes: 80_000_000, messages: 1000 } } });
  const megabyte = new Uint8Array(1_000_000);
  for (let k = 0; k < 64; k++) assert.equal(one.transport.send(2, "bulk", [megabyte]), true);
  world.run(10);
  const sentAt = world.now;
  one.send(2, "control", "heartbeat");
  world.runUntil(() => two.texts().includes("heartbeat"), 100);
  assert.ok(world.now - sentAt <= 2, `${world.now - sentAt} ms`);
  world.run(2000);
  assert.equal(two.received.filter(({ bytes }) => bytes.length === 1_000_000).length, 64);
});

test("what waits is bounded in bytes and in messages, and there is room again once it is sent", () => {
  const world = new MemoryWorld();
  const bound = { bytes: 100_000, messages: 50 };
  const [one, two] = pair(world, { limits: { maxMessageBytes: 60_000, bulk: bound, control: bound } });
  world.run(100);
  for (const stream of world.streams) stream.stuck = true;
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(60_000)]), true);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(60_000)]), false);
  world.run(1);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(60_000)]), false);
  let taken = 0;
  for (let k = 0; k < 200; k++) if (one.send(2, "control", "small")) taken++;
  assert.ok(taken >= 45 && taken <= 50, `${taken}`);
  assert.ok(world.streams.every((stream) => stream.bufferedBytes <= 100_000));
  for (const stream of world.streams) stream.release();
  world.run(50);
  assert.equal(one.send(2, "control", "room"), true);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(60_000)]), true);
  world.run(50);
  assert.equal(two.received.length, taken + 3);
});

test("a message beyond the smaller of the two sides' bounds is dropped here, and the connection lives", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1, { limits: { maxMessageBytes: 5000 } });
  const two = new TestMember(world, 2, { limits: { maxMessageBytes: 3000 } });
  one.know(2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1));
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(3000)]), true);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(3001)]), false);
  assert.equal(two.transport.send(1, "bulk", [new Uint8Array(3001)]), false);
  world.run(100);
  assert.deepEqual([one.isUp(2), two.received.length], [true, 1]);
  assert.match(one.logs.at(-1)?.message ?? "", /too large/);
});

test("members whose largest message is beyond the default bound may send it", () => {
  const world = new MemoryWorld();
  const largestMessageBytes = 5_000_000;
  const [one, two] = pair(world, { largestMessageBytes });
  world.run(100);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(largestMessageBytes)]), true);
  assert.equal(one.transport.send(2, "bulk", [new Uint8Array(largestMessageBytes + 1)]), false);
  world.run(100);
  assert.deepEqual(
    two.received.map(({ bytes }) => bytes.length),
    [largestMessageBytes],
  );
});

test("the messages of one turn leave as one write, small ones as one chunk", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  world.run(10);
  const before = new Map(world.streams.map((stream) => [stream, stream.writes]));
  for (let k = 0; k < 100; k++) one.send(2, "bulk", `message ${k}`);
  world.run(1);
  const grown = world.streams.filter((stream) => stream.writes > (before.get(stream) ?? 0));
  assert.equal(grown.length, 1);
  assert.equal((grown[0]?.writes ?? 0) - (before.get(grown[0] as never) ?? 0), 1);
  assert.equal(grown[0]?.written.at(-1)?.length, 100 * (16 + "message 10".length) - 10);
  world.run(10);
  assert.equal(two.received.length, 100);
});
