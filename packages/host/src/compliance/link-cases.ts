import type { Callback } from "../host.ts";
import type { Listener } from "../links.ts";
import { expect, expectBytes, expectSame, joined, pattern } from "./case.ts";
import type { ComplianceCase } from "./case.ts";
import { closingCases } from "./closing-cases.ts";
import { fail, pass, succeed } from "./operation.ts";
import { connect, listen, openPair } from "./stream-ends.ts";

const largeBytes = 8 * 1024 * 1024;

export const linkCases: readonly ComplianceCase[] = [
  {
    name: "links: listening on port 0 gives a port that peers can reach",
    async run(fixture) {
      const { listener, accepted } = await listen(fixture);
      expect(listener.address.port > 0, "the bound address has a port");
      const near = connect(fixture, listener.address);
      expect(near.stream.remote.endsWith(`:${listener.address.port}`), `remote is ${near.stream.remote}`);
      await near.until(fixture, () => near.opened > 0);
      await pass(fixture, 20);
      expectSame(accepted.length, 1, "accepted streams");
      expect(accepted[0]?.stream?.remote.includes(":") === true, "an accepted stream knows where it came from");
      expectSame(near.opened, 1, "open was reported");
    },
  },
  {
    name: "links: an address can be listened at once, and again after close",
    async run(fixture) {
      const { listener } = await listen(fixture);
      const { address } = listener;
      const listenAgain = (done: Callback<Listener>): void =>
        fixture.host.links.listen(address, () => ({ data: () => {}, close: () => {} }), done);
      await fail(fixture, "address-in-use", listenAgain);
      await succeed<void>(fixture, (done) => listener.close(done));
      const second = await succeed<Listener>(fixture, listenAgain);
      expectSame(second.address.port, address.port, "the port");
    },
  },
  {
    name: "links: listening at a port that there cannot be is invalid",
    async run(fixture) {
      await fail(fixture, "invalid", (done) =>
        fixture.host.links.listen(
          { host: fixture.address, port: 70_000 },
          () => ({ data: () => {}, close: () => {} }),
          done,
        ),
      );
    },
  },
  {
    name: "links: where nobody listens a stream is refused: one close, no open",
    async run(fixture) {
      const { listener } = await listen(fixture);
      await succeed<void>(fixture, (done) => listener.close(done));
      const near = connect(fixture, listener.address);
      near.stream.write([pattern(100)]);
      await near.until(fixture, () => near.closed);
      near.stream.write([pattern(100)]);
      near.stream.end();
      near.stream.destroy();
      await pass(fixture, 20);
      expectSame([near.opened, near.closes.length, near.closes[0]?.code], [0, 1, "refused"], "opens, closes, code");
      expectSame(near.stream.bufferedBytes, 0, "bytes buffered after close");
    },
  },
  {
    name: "links: bytes arrive in order, both ways, and what is written before the stream is open too",
    async run(fixture) {
      const { listener, accepted } = await listen(fixture, (end) => {
        end.stream?.write([pattern(10, 50), pattern(20, 51)]);
      });
      const near = connect(fixture, listener.address);
      near.stream.write([pattern(10, 1), pattern(0), pattern(20, 2)]);
      near.stream.write([]);
      near.stream.write([pattern(30, 3)]);
      await near.until(fixture, () => near.receivedBytes === 30);
      const [far] = accepted;
      expect(far !== undefined, "the listener accepted the stream");
      await far.until(fixture, () => far.receivedBytes === 60);
      for (let round = 0; round < 20; round++) near.stream.write([pattern(5, round), pattern(7, round)]);
      far.stream?.write([pattern(1000, 7)]);
      await far.until(fixture, () => far.receivedBytes === 300);
      await near.until(fixture, () => near.receivedBytes === 1030);
      const sent = [pattern(10, 1), pattern(20, 2), pattern(30, 3)];
      for (let round = 0; round < 20; round++) sent.push(pattern(5, round), pattern(7, round));
      expectBytes(far.received(), joined(sent), "what the listener received");
      const answers = [pattern(10, 50), pattern(20, 51), pattern(1000, 7)];
      expectBytes(near.received(), joined(answers), "what it sent");
    },
  },
  {
    name: "links: data that was delivered is the callee's to keep",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      near.stream.write([pattern(1000, 1)]);
      await far.until(fixture, () => far.receivedBytes === 1000);
      near.stream.write([pattern(1000, 2)]);
      await far.until(fixture, () => far.receivedBytes === 2000);
      expectBytes(far.received().slice(0, 1000), pattern(1000, 1), "the first bytes after the second came");
    },
  },
  {
    name: "links: a large write arrives whole though the reader pauses, and drain says when it is handed over",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      far.stream.pause(true);
      await pass(fixture, 5);
      const sent = pattern(largeBytes, 11);
      near.stream.write([sent.subarray(0, 1000), sent.subarray(1000, largeBytes / 2), sent.subarray(largeBytes / 2)]);
      expect(near.stream.bufferedBytes > 0, "bytes are buffered after the write");
      await pass(fixture, 50);
      expectSame(far.receivedBytes, 0, "bytes delivered while paused");
      expect(near.stream.bufferedBytes > 0, "bytes stay buffered while the reader is paused");
      expectSame(near.drained, 0, "drains while bytes are buffered");
      // The reader takes it in pieces.
      for (let piece = 1; piece <= 4; piece++) {
        far.stream.pause(false);
        await far.until(fixture, () => far.receivedBytes >= Math.min(largeBytes, piece * 500_000));
        far.stream.pause(true);
        const before = far.receivedBytes;
        await pass(fixture, 5);
        expectSame(far.receivedBytes, before, "bytes delivered after pausing again");
      }
      far.stream.pause(false);
      await far.until(fixture, () => far.receivedBytes === largeBytes);
      await near.until(fixture, () => near.drained > 0);
      expectSame([near.stream.bufferedBytes, near.drained], [0, 1], "bytes buffered and drains at the end");
      expectBytes(far.received(), sent, "what arrived");
    },
  },
  {
    name: "links: a small write drains too",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      near.stream.write([pattern(10)]);
      await near.until(fixture, () => near.drained === 1);
      expectSame(near.stream.bufferedBytes, 0, "bytes buffered");
      near.stream.write([pattern(10)]);
      await near.until(fixture, () => near.drained === 2);
      await far.until(fixture, () => far.receivedBytes === 20);
    },
  },
  {
    name: "links: large writes both ways at once do not block one another",
    async run(fixture) {
      const { near, far } = await openPair(fixture);
      near.stream.write([pattern(largeBytes / 4, 1)]);
      far.stream.write([pattern(largeBytes / 4, 2)]);
      await far.until(fixture, () => far.receivedBytes === largeBytes / 4);
      await near.until(fixture, () => near.receivedBytes === largeBytes / 4);
      expectBytes(far.received(), pattern(largeBytes / 4, 1), "what went there");
      expectBytes(near.received(), pattern(largeBytes / 4, 2), "what came back");
    },
  },
  ...closingCases,
];
