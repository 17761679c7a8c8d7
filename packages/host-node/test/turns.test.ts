import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import type { Listener } from "@quorate/host";
import { TimerHeap } from "../src/timer-heap.ts";
import type { HeapTimer } from "../src/timer-heap.ts";
import { TurnEnd } from "../src/turn-end.ts";
import { settled } from "./settled.ts";
import { withHost } from "./with-host.ts";

test("the heap gives timers in the order of their times and ages, whatever is removed", () => {
  const steps = fc.array(fc.record({ dueMs: fc.integer({ min: 0, max: 20 }), removes: fc.option(fc.nat()) }), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const heap = new TimerHeap();
      let expected: HeapTimer[] = [];
      for (const [sequence, { dueMs, removes }] of list.entries()) {
        const timer: HeapTimer = { dueMs, sequence, callback: () => {}, position: -1 };
        heap.push(timer);
        expected.push(timer);
        if (removes === null) continue;
        const removed = expected[removes % expected.length];
        assert.ok(removed);
        heap.remove(removed);
        heap.remove(removed);
        expected = expected.filter((kept) => kept !== removed);
      }
      expected.sort((a, b) => a.dueMs - b.dueMs || a.sequence - b.sequence);
      for (const timer of expected) {
        assert.equal(heap.first, timer);
        heap.remove(timer);
      }
      assert.equal(heap.first, undefined);
    }),
  );
});

test("a callback that throws at the end of a turn does not take the others with it", async () => {
  const turnEnd = new TurnEnd();
  const ran: string[] = [];
  turnEnd.add(() => ran.push("before"));
  turnEnd.add(() => {
    throw new Error("planted");
  });
  turnEnd.add(() => ran.push("after"));
  assert.throws(() => turnEnd.run(), /planted/);
  assert.deepEqual(ran, ["before"]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(ran, ["before", "after"]);
});

/** Connects, says so, and when told to writes 5 bytes and says so. */
const peer = `
  const { workerData } = require("node:worker_threads");
  const { connect } = require("node:net");
  const signal = new Int32Array(workerData.signal);
  const socket = connect(workerData.port, "127.0.0.1", () => {
    Atomics.wait(signal, 0, 0);
    socket.write("heart", () => {
      Atomics.store(signal, 1, 1);
      Atomics.notify(signal, 1);
    });
  });
  socket.on("error", () => {});
`;

test("a late timer that asks for the pending input gets what the sockets held before it is called", async () => {
  await withHost(async ({ links, timers }) => {
    const signal = new Int32Array(new SharedArrayBuffer(8));
    const order: string[] = [];
    let accepted = (): void => {};
    const connected = new Promise<void>((resolve) => {
      accepted = resolve;
    });
    const listener = await settled<Listener>((done) =>
      links.listen(
        { host: "127.0.0.1", port: 0 },
        () => {
          accepted();
          return { data: () => order.push("heartbeat"), close: () => {} };
        },
        done,
      ),
    );
    const worker = new Worker(peer, { eval: true, workerData: { signal: signal.buffer, port: listener.address.port } });
    await connected;
    // A little later, so that the accepted stream has begun to read.
    await new Promise<void>((resolve) => timers.after(20, resolve));
    await new Promise<void>((resolve) => {
      timers.after(1, () => {
        // The process is held up here, as by a long pause, while the peer's bytes arrive.
        Atomics.store(signal, 0, 1);
        Atomics.notify(signal, 0);
        assert.notEqual(Atomics.wait(signal, 1, 0, 10_000), "timed-out");
        order.push("timer");
        timers.afterPendingInput(() => {
          order.push("concludes");
          resolve();
        });
      });
    });
    assert.deepEqual(order, ["timer", "heartbeat", "concludes"]);
    await worker.terminate();
  });
});

test("what one turn writes goes out at once", async () => {
  await withHost(async ({ links }) => {
    const arrivals: number[] = [];
    let arrived = (): void => {};
    const all = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const listener = await settled<Listener>((done) =>
      links.listen(
        { host: "127.0.0.1", port: 0 },
        () => ({
          data: (bytes) => {
            arrivals.push(bytes.length);
            if (arrivals.reduce((sum, length) => sum + length, 0) === 3000) arrived();
          },
          close: () => {},
        }),
        done,
      ),
    );
    await new Promise<void>((resolve) => {
      const stream = links.connect(listener.address, {
        open: () => {
          for (let write = 0; write < 100; write++) stream.write([new Uint8Array(10), new Uint8Array(20)]);
          resolve();
        },
        data: () => {},
        close: () => {},
      });
    });
    await all;
    assert.deepEqual(arrivals, [3000]);
  });
});
