import { expect, expectBytes, expectSame, pattern } from "./case.ts";
import type { ComplianceCase } from "./case.ts";
import { pass, succeed } from "./operation.ts";
import { connect, listen, openPair } from "./stream-ends.ts";

export const closingCases: readonly ComplianceCase[] = [
  {
    name: "links: end sends what was written, then both ends close in order, once",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      const sent = pattern(1024 * 1024, 3);
      near.stream.write([sent]);
      near.stream.end();
      near.stream.end();
      near.stream.write([pattern(100)]);
      await far.until(fixture, () => far.closed);
      await near.until(fixture, () => near.closed);
      await pass(fixture, 20);
      expectBytes(far.received(), sent, "what arrived before the end");
      expectSame([near.closes.length, far.closes.length], [1, 1], "closes");
      expectSame([near.closes[0]?.code, far.closes[0]?.code], [undefined, undefined], "errors");
    },
  },
  {
    name: "links: the side that is told of the end sends what it had written before it closes",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      const answer = pattern(1024 * 1024, 4);
      far.stream.write([answer]);
      near.stream.end();
      await near.until(fixture, () => near.closed);
      await far.until(fixture, () => far.closed);
      expectBytes(near.received(), answer, "what the other side had written");
    },
  },
  {
    name: "links: destroy drops what was not sent; the other end closes too, once, with or without an error",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      far.stream.pause(true);
      await pass(fixture, 5);
      near.stream.write(Array.from({ length: 8 }, () => pattern(1024 * 1024)));
      await pass(fixture, 20);
      near.stream.destroy();
      expectSame(near.closes.length, 0, "closes from inside destroy");
      near.stream.destroy();
      near.stream.end();
      near.stream.write([pattern(10)]);
      far.stream.pause(false);
      await near.until(fixture, () => near.closed);
      await far.until(fixture, () => far.closed);
      await pass(fixture, 20);
      expectSame([near.closes.length, far.closes.length], [1, 1], "closes");
      expectSame(near.closes[0]?.code, undefined, "the error on the side that destroyed");
      expectSame(near.drained, 0, "drains of a stream that was destroyed");
      expectSame(near.stream.bufferedBytes, 0, "bytes buffered after close");
      expect(far.receivedBytes < 8 * 1024 * 1024, "what was not sent was dropped");
    },
  },
  {
    name: "links: a stream destroyed at once never opens",
    async run(fixture) {
      const { listener } = await listen(fixture);
      const near = connect(fixture, listener.address);
      near.stream.destroy();
      await near.until(fixture, () => near.closed);
      await pass(fixture, 20);
      expectSame([near.opened, near.closes.length, near.closes[0]?.code], [0, 1, undefined], "opens, closes, code");
    },
  },
  {
    name: "links: a stream destroyed from its own data event reports nothing but its close",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      far.stream.write([pattern(512 * 1024)]);
      await near.until(fixture, () => {
        if (near.receivedBytes > 0 && !near.closed) near.stream.destroy();
        return near.closed;
      });
      const received = near.receivedBytes;
      await far.until(fixture, () => far.closed);
      await pass(fixture, 20);
      expectSame([near.receivedBytes, near.closes.length], [received, 1], "bytes and closes");
    },
  },
  {
    name: "links: closing a listener leaves its streams alone",
    async run(fixture) {
      const { near, far, listener } = await openPair(fixture);
      await succeed<void>(fixture, (done) => listener.close(done));
      near.stream.write([pattern(100, 8)]);
      await far.until(fixture, () => far.receivedBytes === 100);
      far.stream.write([pattern(100, 9)]);
      await near.until(fixture, () => near.receivedBytes === 100);
      expectSame([near.closes.length, far.closes.length], [0, 0], "closes");
    },
  },
  {
    name: "links: an end that keeps reading is paused and resumed without losing the end of the stream",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      far.stream.pause(true);
      near.stream.write([pattern(1000)]);
      near.stream.end();
      await pass(fixture, 20);
      expectSame([far.receivedBytes, far.closes.length], [0, 0], "bytes and closes while paused");
      far.stream.pause(false);
      await far.until(fixture, () => far.closed);
      expectBytes(far.received(), pattern(1000), "what arrived");
    },
  },
];
