import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerNetwork } from "@quorate/transport";
import {
  blockedLinks,
  delayShapes,
  NetworkConditions,
  partitionShapes,
  perfectLink,
  SimulatedNetwork,
  World,
} from "../src/index.ts";
import { drawDelayMs } from "../src/network-conditions.ts";
import { swizzle } from "../src/network-faults.ts";
import type { LinkSettings, Scope } from "../src/index.ts";

interface Station {
  readonly network: PeerNetwork;
  readonly scope: Scope;
  readonly log: string[];
}

/** Members 1 to `count` in one network, each noting what it is told. */
function town(seed: number, count: number, settings: Partial<LinkSettings> = {}) {
  const world = new World(seed);
  const conditions = new NetworkConditions(world.streams, { ...perfectLink, ...settings });
  const network = new SimulatedNetwork(world, conditions);
  const ids = Array.from({ length: count }, (_, at) => at + 1);
  const join = (id: number, incarnation: number): Station => {
    const scope = world.scope(`${id}.${incarnation}`);
    const log: string[] = [];
    const peers = ids.filter((other) => other !== id).map((other) => ({ id: other, address: { host: "h", port: 1 } }));
    const joined = network.join(id, incarnation, scope, {
      message: (from, incarnation, bytes) => log.push(`${from}.${incarnation}: ${bytes.join(" ")}`),
      connected: (peer, lane, incarnation) => log.push(`${lane} to ${peer}.${incarnation} up`),
      disconnected: (peer, lane) => log.push(`${lane} to ${peer} down`),
    });
    joined.setPeers(peers);
    return { network: joined, scope, log };
  };
  return { world, conditions, network, ids, join, stations: ids.map((id) => join(id, 1)) };
}

/** One member that dials another, which dials nobody and lets in whom `admits` says. */
function guestAndHost(admits: (peer: number) => boolean) {
  const world = new World(1);
  const network = new SimulatedNetwork(world, new NetworkConditions(world.streams, perfectLink));
  const join = (id: number, peers: readonly number[]): Station => {
    const scope = world.scope(`${id}`);
    const log: string[] = [];
    const joined = network.join(id, 1, scope, {
      message: (from, _incarnation, bytes) => log.push(`${from}: ${bytes.join(" ")}`),
      connected: (peer, lane) => log.push(`${lane} to ${peer} up`),
      disconnected: (peer, lane) => log.push(`${lane} to ${peer} down`),
      admits,
    });
    joined.setPeers(peers.map(address));
    return { network: joined, scope, log };
  };
  return { world, network, join };
}

const address = (id: number) => ({ id, address: { host: "h", port: 1 } });

test("a guest is let in, spoken to while it is connected, and found again when its host comes back", () => {
  const { world, network, join } = guestAndHost(() => true);
  const guest = join(1, [2]);
  world.run(1000);
  const host = join(2, []);
  world.run(1000);
  assert.deepEqual([...host.log].sort(), ["bulk to 1 up", "control to 1 up"]);
  assert.ok(host.network.send(1, "bulk", bytes(7)));
  world.run(1000);
  assert.equal(guest.log.at(-1), "2: 7");
  network.leave(2);
  world.run(1000);
  assert.deepEqual(guest.log.slice(-2).sort(), ["bulk to 2 down", "control to 2 down"]);
  const again = join(2, []);
  world.run(1000);
  assert.deepEqual([...again.log].sort(), ["bulk to 1 up", "control to 1 up"]);
});

test("whoever is a peer no more stays as a guest, and is not dialed once it has gone", () => {
  const { world, network, join } = guestAndHost(() => true);
  const one = join(1, [2]);
  join(2, [1]);
  world.run(1000);
  one.network.setPeers([]);
  world.run(1000);
  assert.ok(one.network.send(2, "control", bytes(1)), "still connected");
  network.leave(2);
  join(2, []);
  world.run(1000);
  assert.equal(one.network.send(2, "control", bytes(1)), false, "nobody dials");
});

test("nobody is let in whom the host does not admit, and whom it admits no more has to go", () => {
  let isAdmitted = false;
  const { world, join } = guestAndHost(() => isAdmitted);
  const guest = join(1, [2]);
  const host = join(2, []);
  world.run(1000);
  assert.deepEqual([guest.log, host.log], [[], []]);
  isAdmitted = true;
  host.network.setPeers([]);
  world.run(1000);
  assert.ok(host.network.send(1, "bulk", bytes(1)));
  isAdmitted = false;
  host.network.setPeers([]);
  world.run(1000);
  assert.equal(host.network.send(1, "bulk", bytes(1)), false);
});

const bytes = (...values: number[]): Uint8Array[] => [Uint8Array.from(values)];

test("messages arrive whole, in order on a lane, with the sender's incarnation", () => {
  const { world, stations } = town(1, 2, { meanDelayMs: 20 });
  const [one, two] = stations as [Station, Station];
  assert.equal(one.network.send(2, "bulk", bytes(0)), false, "nothing is connected yet");
  world.run(500);
  two.log.length = 0;
  for (let at = 0; at < 50; at++) assert.ok(one.network.send(2, "bulk", [...bytes(at), ...bytes(1, 2)]));
  world.run(5000);
  assert.deepEqual(
    two.log,
    Array.from({ length: 50 }, (_, at) => `1.1: ${at} 1 2`),
  );
});

test("what a block swallows breaks the lane: both sides hear of it, nothing comes late, and it comes back", () => {
  const { world, conditions, stations } = town(2, 2);
  const [one, two] = stations as [Station, Station];
  world.run(500);
  two.log.length = 0;
  conditions.block(1, 2);
  assert.ok(one.network.send(2, "control", bytes(7)), "nobody knows yet that it is lost");
  world.run(1);
  conditions.heal();
  assert.ok(one.network.send(2, "control", bytes(8)));
  world.run(1000);
  assert.deepEqual(two.log, ["control to 1 down", "control to 1.1 up"]);
  assert.deepEqual(one.log.slice(-2), ["control to 2 down", "control to 2.1 up"]);
  one.network.send(2, "control", bytes(9));
  world.run(10);
  assert.equal(two.log.at(-1), "1.1: 9");
});

test("a member that starts anew is a new incarnation to its peers, and hears nothing meant for the old one", () => {
  const { world, network, join, stations } = town(3, 2, { minDelayMs: 50 });
  const [one, two] = stations as [Station, Station];
  world.run(500);
  one.network.send(2, "control", bytes(1));
  world.end(two.scope);
  network.leave(2);
  const again = join(2, 2);
  world.run(1000);
  assert.ok(one.log.includes("control to 2 down"));
  assert.ok(one.log.includes("control to 2.2 up"));
  assert.deepEqual(again.log.toSorted(), ["bulk to 1.1 up", "control to 1.1 up"]);
});

test("datagrams get lost, repeat and overtake each other", () => {
  const { world, stations } = town(4, 2, {
    style: "datagrams",
    meanDelayMs: 5,
    lossProbability: 0.2,
    duplicateProbability: 0.2,
  });
  const [one, two] = stations as [Station, Station];
  world.run(500);
  two.log.length = 0;
  for (let at = 0; at < 100; at++) one.network.send(2, "bulk", bytes(at));
  world.run(5000);
  const arrived = two.log.map((line) => Number(line.split(" ")[1]));
  assert.ok(new Set(arrived).size < 95 && new Set(arrived).size > 65, `${new Set(arrived).size} of 100 arrived`);
  assert.ok(arrived.length > new Set(arrived).size, "some came twice");
  assert.notDeepEqual(
    arrived,
    arrived.toSorted((a, b) => a - b),
  );
});

test("a clogged link is late, and loses nothing", () => {
  const { world, conditions, stations } = town(5, 2);
  const [one, two] = stations as [Station, Station];
  world.run(500);
  two.log.length = 0;
  conditions.link(1, 2).cloggedUntil = world.nowMicros + 300_000;
  for (let at = 0; at < 5; at++) one.network.send(2, "bulk", bytes(at));
  world.run(299);
  assert.deepEqual(two.log, []);
  world.run(20);
  assert.deepEqual(two.log, ["1.1: 0", "1.1: 1", "1.1: 2", "1.1: 3", "1.1: 4"]);
});

test("a paused member takes everything in when it goes on", () => {
  const { world, stations } = town(6, 2);
  const [one, two] = stations as [Station, Station];
  world.run(500);
  two.log.length = 0;
  world.pause(two.scope);
  one.network.send(2, "bulk", bytes(1));
  world.run(100);
  assert.deepEqual(two.log, []);
  world.resume(two.scope);
  world.run(1);
  assert.deepEqual(two.log, ["1.1: 1"]);
});

test("partitions block what their name says", () => {
  const members = [1, 2, 3, 4, 5];
  for (let seed = 0; seed < 50; seed++) {
    const random = new World(seed).streams.stream("partition");
    const count = (shape: (typeof partitionShapes)[number]): number => blockedLinks(shape, members, 3, random).length;
    assert.equal(count("one member alone"), 8);
    assert.equal(count("one member hears nobody"), 4);
    assert.equal(count("nobody hears one member"), 4);
    assert.equal(count("one link"), 2);
    assert.equal(count("one direction of one link"), 1);
    assert.equal(count("a bridge"), 8, "two groups of two, and one member that sees both");
    assert.equal(count("a chain"), 12, "only neighbours see each other");
    assert.ok([8, 12].includes(count("two halves")));
    const alone = blockedLinks("the leader alone", members, 3, random);
    assert.ok(alone.length === 8 && alone.every(([from, to]) => from === 3 || to === 3));
    assert.deepEqual(blockedLinks("the leader alone", members, 0, random), []);
  }
});

test("a filter stops messages of some types in one direction, also those of production members", () => {
  const { world, conditions, stations } = town(7, 2, { style: "datagrams" });
  const [one, two] = stations as [Station, Station];
  world.run(500);
  two.log.length = 0;
  conditions.filter(1, 2, [5]);
  one.network.send(2, "bulk", bytes(5, 1));
  one.network.send(2, "bulk", [...bytes(0), ...bytes(5, 2)]);
  one.network.send(2, "bulk", bytes(0, 6));
  one.network.send(2, "bulk", bytes(6, 5));
  world.run(20);
  assert.deepEqual(two.log.toSorted(), ["1.1: 0 6", "1.1: 6 5"]);
});

test("a full link drops one message at random; in a stream that breaks the connection", () => {
  for (const style of ["datagrams", "stream"] as const) {
    const { world, stations } = town(8, 2, { style, capacity: 3, minDelayMs: 20 });
    const [one, two] = stations as [Station, Station];
    world.run(500);
    two.log.length = 0;
    for (let at = 0; at < 10; at++) one.network.send(2, "bulk", bytes(at));
    world.run(100);
    const arrived = two.log.filter((line) => line.startsWith("1.1"));
    assert.ok(arrived.length <= 3, `${style}: ${arrived.join()}`);
    if (style === "datagrams") assert.equal(arrived.length, 3);
    world.run(1000);
    assert.equal(two.log.includes("bulk to 1 down"), style === "stream");
    // What has arrived or was dropped takes no room any more.
    two.log.length = 0;
    one.network.send(2, "bulk", bytes(99));
    world.run(100);
    assert.deepEqual(two.log, ["1.1: 99"]);
  }
});

test("an old message comes again, as it was, whoever is there now", () => {
  const { world, network, join, stations } = town(9, 2, { style: "datagrams" });
  const [one, two] = stations as [Station, Station];
  world.run(500);
  one.network.send(2, "control", bytes(42));
  world.run(10);
  world.end(two.scope);
  network.leave(2);
  const again = join(2, 2);
  world.run(500);
  again.log.length = 0;
  network.replay(0);
  world.run(1);
  assert.deepEqual(again.log, ["1.1: 42"]);
});

test("a reset breaks both lanes of two members, and what was under way is lost", () => {
  const { world, network, stations } = town(10, 3, { minDelayMs: 50 });
  const [one, two, three] = stations as [Station, Station, Station];
  world.run(500);
  two.log.length = 0;
  three.log.length = 0;
  one.network.send(2, "bulk", bytes(1));
  one.network.send(3, "bulk", bytes(1));
  network.reset(1, 2);
  world.run(200);
  assert.deepEqual(two.log.toSorted(), ["bulk to 1 down", "bulk to 1.1 up", "control to 1 down", "control to 1.1 up"]);
  assert.deepEqual(three.log, ["1.1: 1"]);
});

test("delays of every shape have the mean that they should, and their minimum", () => {
  for (const delayShape of delayShapes) {
    const conditions = new NetworkConditions(new World(1).streams, {
      ...perfectLink,
      delayShape,
      minDelayMs: 3,
      meanDelayMs: 10,
    });
    const link = conditions.link(1, 2);
    const delays = Array.from({ length: 20_000 }, () => drawDelayMs(link));
    const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
    assert.ok(Math.abs(mean - 13) < 1, `${delayShape}: ${mean}`);
    assert.ok(delays.every((delay) => delay >= 3));
  }
});

test("blocks overlap: a link works again when every reason is gone", () => {
  const conditions = new NetworkConditions(new World(1).streams);
  conditions.block(1, 2);
  conditions.block(1, 2);
  conditions.unblock(1, 2);
  assert.equal(conditions.link(1, 2).blocked, true);
  conditions.unblock(1, 2);
  conditions.unblock(1, 2);
  assert.equal(conditions.link(1, 2).blocked, false);
  conditions.block(1, 2);
  assert.equal(conditions.link(1, 2).blocked, true);
});

test("a ring of majorities: each hears a majority, and no two the same one", () => {
  for (const members of [
    [1, 2, 3],
    [1, 2, 3, 4, 5],
  ]) {
    const random = new World(1).streams.stream("partition");
    const blocked = blockedLinks("a ring of majorities", members, 0, random);
    const heard = members.map((to) =>
      members.filter((from) => from === to || !blocked.some(([a, b]) => a === from && b === to)).join(),
    );
    assert.equal(new Set(heard).size, members.length);
    for (const them of heard) assert.equal(them.split(",").length, (members.length + 1) / 2);
  }
});

test("swizzle-clogging stops the links of some members, and lets each go on before the end", () => {
  for (let seed = 0; seed < 30; seed++) {
    const plans = swizzle([1, 2, 3], 100, new World(seed).streams.stream("swizzle"));
    assert.ok(plans.length > 0);
    for (const { afterMs, untilMs, from, to } of plans) {
      assert.ok(from !== to && afterMs >= 0 && afterMs < untilMs && untilMs <= 100);
    }
  }
});
