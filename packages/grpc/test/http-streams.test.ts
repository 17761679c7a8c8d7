import assert from "node:assert/strict";
import { request as http1Request, type IncomingMessage } from "node:http";
import { connect as http2Connect } from "node:http2";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { GrpcServer, HttpStream, HttpStreamHandler, ServerLimits } from "../src/index.ts";
import { frame, FrameClient, preface, settings } from "./frame-client.ts";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import { notFound, serve } from "./grpc-client.ts";

const deaf: HttpStreamHandler = { onData: () => {}, onEnd: () => {}, onCancel: () => {} };

function streaming(
  context: TestContext,
  open: (stream: HttpStream) => HttpStreamHandler,
  limits: Partial<ServerLimits> = {},
): Promise<GrpcServer> {
  const httpStreams = (head: { path: string }) => (head.path === "/stream" ? open : undefined);
  return serve(context, { methods: [], http: notFound, httpStreams, limits });
}

/** One exchange with an open request body, by a client of Node.js. */
interface Exchange {
  readonly status: Promise<number | undefined>;
  send(text: string): void;
  finish(): void;
  /** All that has come of the answer; rejects when the answer was cut. */
  readonly whole: Promise<string>;
  /** The next piece. */
  next(): Promise<string>;
  cancel(): void;
}

function overHttp1(server: GrpcServer): Exchange {
  const request = http1Request({ port: server.address.port, host: "127.0.0.1", path: "/stream", method: "POST" });
  request.flushHeaders();
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    request.on("response", resolve).on("error", reject);
  });
  answer.catch(() => {});
  return {
    status: answer.then(({ statusCode }) => statusCode),
    send: (text) => void request.write(text),
    finish: () => void request.end(),
    ...reading(answer),
    cancel: () => void request.destroy(),
  };
}

function overHttp2(context: TestContext, server: GrpcServer): Exchange {
  const session = http2Connect(`http://127.0.0.1:${server.address.port}`);
  session.on("error", () => {});
  context.after(() => session.destroy());
  const stream = session.request({ ":path": "/stream", ":method": "POST" });
  stream.on("error", () => {});
  const status = new Promise<number | undefined>((resolve) => {
    stream.on("response", (headers) => resolve(headers[":status"]));
  });
  return {
    status,
    send: (text) => void stream.write(text),
    finish: () => void stream.end(),
    ...reading(Promise.resolve(stream)),
    cancel: () => stream.destroy(),
  };
}

function reading(source: Promise<NodeJS.ReadableStream>): Pick<Exchange, "whole" | "next"> {
  let text = "";
  let given = 0;
  let wake = (): void => {};
  const whole = source.then(
    (stream) =>
      new Promise<string>((resolve, reject) => {
        stream.on("data", (chunk: Buffer) => {
          text += chunk.toString();
          wake();
        });
        stream.on("error", reject).on("end", () => resolve(text));
        stream.on("close", () => reject(new Error("cut")));
      }),
  );
  whole.catch(() => {});
  return {
    whole,
    next: async () => {
      while (text.length === given) await new Promise<void>((resolve) => (wake = resolve));
      const piece = text.slice(given);
      given = text.length;
      return piece;
    },
  };
}

const versions: readonly (readonly [string, (context: TestContext, server: GrpcServer) => Exchange])[] = [
  ["HTTP/1.1", (_, server) => overHttp1(server)],
  ["HTTP/2", overHttp2],
];

for (const [version, exchangeOf] of versions) {
  test(`${version}: question and answer go on side by side, and the answer after the question`, async (context) => {
    const server = await streaming(context, (stream) => ({
      ...deaf,
      onData: (piece) => {
        stream.begin(200, "text/plain", { "x-kind": "echo" });
        stream.write(Uint8Array.from(piece));
      },
      onEnd: () => {
        stream.write(Buffer.from("bye"));
        stream.end();
      },
    }));
    const exchange = exchangeOf(context, server);
    exchange.send("one");
    assert.equal(await exchange.status, 200);
    assert.equal(await exchange.next(), "one");
    exchange.send("two");
    assert.equal(await exchange.next(), "two");
    exchange.finish();
    assert.equal(await exchange.whole, "onetwobye");
  });

  test(`${version}: a handler learns that its client has gone; what it sends then goes nowhere`, async (context) => {
    let stream: HttpStream | undefined;
    const seen = { cancelled: 0 };
    const server = await streaming(context, (opened) => {
      stream = opened;
      opened.begin(200, "text/plain");
      opened.write(Buffer.from("hello"));
      return { ...deaf, onCancel: () => void seen.cancelled++ };
    });
    const exchange = exchangeOf(context, server);
    assert.equal(await exchange.next(), "hello");
    exchange.cancel();
    while (seen.cancelled === 0) await delay(5);
    assert.equal(stream?.write(Buffer.from("late")), false);
    stream?.end();
    assert.equal(seen.cancelled, 1);
  });

  test(`${version}: an answer that is cut does not look complete`, async (context) => {
    const server = await streaming(context, (stream) => {
      stream.begin(200, "text/plain");
      stream.write(Buffer.from("half"));
      setTimeout(() => stream.cut(), 20);
      return deaf;
    });
    const exchange = exchangeOf(context, server);
    exchange.finish();
    await assert.rejects(exchange.whole);
  });

  test(`${version}: a slow reader is noticed, and told of when it has caught up`, async (context) => {
    const piece = new Uint8Array(64 * 1024);
    let written = 0;
    let drains = 0;
    const server = await streaming(context, (stream) => {
      const fill = (): void => {
        while (written < 400) {
          written++;
          if (!stream.write(piece)) return;
        }
        stream.end();
      };
      stream.begin(200, "text/plain");
      fill();
      const onDrain = (): void => {
        drains++;
        fill();
      };
      return { ...deaf, onDrain };
    });
    const exchange = exchangeOf(context, server);
    exchange.finish();
    assert.equal((await exchange.whole).length, 400 * piece.length);
    assert.ok(drains > 5, `drained ${drains} times`);
  });

  test(`${version}: a handler that writes without regard is stopped`, async (context) => {
    const seen = { cancelled: 0 };
    let refused = false;
    const server = await streaming(
      context,
      (stream) => {
        stream.begin(200, "text/plain");
        const timer = setInterval(() => {
          for (let round = 0; round < 20; round++) refused = !stream.write(new Uint8Array(1024 * 1024));
        }, 1);
        return {
          ...deaf,
          onCancel: () => {
            clearInterval(timer);
            seen.cancelled++;
          },
        };
      },
      { maxUnsentResponseBytes: 32 * 1024 * 1024 },
    );
    const socket = connect(server.address.port, "127.0.0.1");
    socket.on("error", () => {});
    context.after(() => socket.destroy());
    socket.pause();
    const requestHeaders = encodeHeaders([
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/stream"],
    ]);
    socket.write(
      version === "HTTP/2"
        ? Buffer.concat([preface, settings(), frame(1, 5, 1, requestHeaders)])
        : "GET /stream HTTP/1.1\r\nhost: x\r\n\r\n",
    );
    while (seen.cancelled === 0) await delay(5);
    assert.equal(refused, true);
  });

  test(`${version}: what is kept of a request has a bound over all, and a time`, async (context) => {
    const kept: boolean[] = [];
    const seen = { cancelled: 0 };
    const open = (stream: HttpStream): HttpStreamHandler => ({
      ...deaf,
      onData: (piece) => void kept.push(stream.keep(piece.length)),
      onCancel: () => void seen.cancelled++,
    });
    const server = await streaming(context, open, { maxPartialRequestBytes: 10, receiveTimeoutMs: 100 });
    const large = exchangeOf(context, server);
    large.send("more than ten bytes");
    assert.equal(await large.status, 503);
    const slow = exchangeOf(context, server);
    slow.send("a few");
    assert.equal(await slow.status, 408);
    assert.deepEqual(kept, [false, true]);
    assert.equal(seen.cancelled, 2);
  });

  test(`${version}: a handler that throws ends its exchange only`, async (context) => {
    const server = await streaming(context, (stream) => ({
      ...deaf,
      onData: () => {
        throw new Error("a test");
      },
      onEnd: () => stream.end(),
    }));
    const exchange = exchangeOf(context, server);
    exchange.send("x");
    assert.equal(await exchange.status, 500);
    const opening = await streaming(context, () => {
      throw new Error("a test");
    });
    assert.equal(await exchangeOf(context, opening).status, 500);
  });

  test(`${version}: a handler that pauses gets nothing until it resumes`, async (context) => {
    let stream: HttpStream | undefined;
    const received: string[] = [];
    const server = await streaming(context, (opened) => {
      stream = opened;
      opened.pause();
      opened.begin(200, "text/plain");
      return {
        ...deaf,
        onData: (piece) => void received.push(Buffer.from(piece).toString()),
        onEnd: () => opened.end(),
      };
    });
    const exchange = exchangeOf(context, server);
    exchange.send("one");
    exchange.finish();
    assert.equal(await exchange.status, 200);
    await delay(50);
    assert.deepEqual(received, []);
    stream?.resume();
    await exchange.whole;
    assert.deepEqual(received, ["one"]);
  });
}

test("over HTTP/2, a reader that waits is left alone until others need the room", async (context) => {
  const limits = { sendStallTimeoutMs: 100, maxUnsentTotalBytes: 1_000_000 };
  let ended = 0;
  const server = await streaming(
    context,
    (stream) => {
      stream.begin(200, "text/plain");
      stream.write(new Uint8Array(400_000));
      return { ...deaf, onCancel: () => void ended++ };
    },
    limits,
  );
  const request = encodeHeaders([
    [":method", "GET"],
    [":scheme", "http"],
    [":path", "/stream"],
  ]);
  const patient = new FrameClient(context, server, Buffer.concat([preface, settings([4, 0])]));
  patient.send(frame(1, 5, 1, request));
  await delay(400);
  assert.equal(ended, 0);
  patient.send(frame(1, 5, 3, request));
  assert.equal(await patient.reset(1), 11);
  assert.equal(await patient.reset(3), 11);
  assert.equal(ended, 2);
});
