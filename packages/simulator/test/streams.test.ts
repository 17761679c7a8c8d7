import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteStream, ByteStreamEvents } from "@quorate/host";
import { idealClock, Marks, NetworkConditions, perfectLink, SimulatedInternet, World } from "../src/index.ts";
import { Machine } from "../src/machine.ts";
import { SimulatedClock } from "../src/simulated-clock.ts";

const address = { host: "member-2", port: 2380 };

/** Two machines with a process each; the second has an address, and listens there once `listen` is called. */
function twoMachines() {
  const world = new World(1);
  const conditions = new NetworkConditions(world.streams, { ...perfectLink, style: "stream", meanDelayMs: 1 });
  const internet = new SimulatedInternet(world, conditions);
  internet.assign(address, 2);
  const sides = [1, 2].map((id) => {
    const machine = new Machine(world, new Marks(), idealClock);
    const scope = world.scope(`process ${id}`);
    machine.begin(scope);
    const clock = new SimulatedClock(world, scope, machine.clock);
    return { machine, clock, links: internet.attach(id, scope), heard: [] as string[] };
  });
  const [dialer, listener] = sides as [(typeof sides)[0], (typeof sides)[0]];
  /** Notes everything that a process is told, and when by its own clock. */
  const events = ({ heard, clock }: (typeof sides)[0]): ByteStreamEvents => {
    const note = (what: string): unknown => heard.push(`${what} at ${Math.round(clock.monotonicMs())}`);
    return {
      open: () => note("open"),
      data: (bytes) => note(`${bytes.length} bytes`),
      drain: () => note("drain"),
      close: (error) => note(error === undefined ? "close" : error.code),
    };
  };
  return {
    world,
    conditions,
    dialer,
    listener,
    listen: (): void =>
      listener.links.listen(
        address,
        () => events(listener),
        () => {},
      ),
    connect: (): ByteStream => dialer.links.connect(address, events(dialer)),
  };
}

test("what is sent again reaches a sleeping machine when it is awake, and not before", () => {
  const { world, conditions, listener, listen, connect } = twoMachines();
  listen();
  world.run(1);
  const stream = connect();
  world.run(20);
  listener.heard.length = 0;
  conditions.block(1, 2);
  stream.write([new Uint8Array(10)]);
  world.run(50);
  listener.machine.suspend();
  conditions.unblock(1, 2);
  const asleepAt = listener.clock.monotonicMs();
  world.run(1000);
  assert.deepEqual(listener.heard, []);
  listener.machine.resume();
  world.run(1);
  assert.deepEqual(listener.heard, [`10 bytes at ${Math.round(asleepAt)}`]);
});

test("a sleeping machine learns that there is room again when it is awake, and not before", () => {
  const { world, dialer, listener, listen, connect } = twoMachines();
  listen();
  world.run(1);
  const stream = connect();
  world.run(20);
  // More than the network holds: the rest waits with the sender until the other side has taken some.
  stream.write([new Uint8Array(200_000)]);
  world.run(0.5);
  dialer.heard.length = 0;
  dialer.machine.suspend();
  const asleepAt = dialer.clock.monotonicMs();
  world.run(1000);
  assert.deepEqual(dialer.heard, []);
  dialer.machine.resume();
  world.run(100);
  const [, drainedAt] = /^drain at (\d+)$/.exec(dialer.heard.join("; ")) ?? [];
  assert.ok(Number(drainedAt) <= asleepAt + 100, dialer.heard.join("; "));
  assert.ok(listener.heard.length > 1);
});

test("a connection that was begun before anybody listened feels the blocks of its links", () => {
  const { world, conditions, listener, listen, connect } = twoMachines();
  const stream = connect();
  listen();
  world.run(20);
  conditions.block(1, 2);
  listener.heard.length = 0;
  stream.write([new Uint8Array(10)]);
  world.run(1000);
  assert.deepEqual(listener.heard, []);
  conditions.unblock(1, 2);
  world.run(1000);
  assert.equal(listener.heard.length, 1);
});
