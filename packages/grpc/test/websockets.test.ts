import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import fc from "fast-check";
import { WebSocket, type ClientOptions } from "ws";
import type { GrpcServer, HttpRequestHead, HttpStream, HttpStreamHandler, ServerLimits } from "../src/index.ts";
import { selfSigned } from "./certificates.ts";
import { notFound, serve } from "./grpc-client.ts";

const deaf: HttpStreamHandler = { onData: () => {}, onEnd: () => {}, onCancel: () => {} };
const maxMessageBytes = 100_000;

interface Serving {
  readonly server: GrpcServer;
  readonly heads: HttpRequestHead[];
}

async function serving(
  context: TestContext,
  open: (stream: HttpStream) => HttpStreamHandler,
  limits: Partial<ServerLimits> = {},
): Promise<Serving> {
  const heads: HttpRequestHead[] = [];
  const server = await serve(context, {
    methods: [],
    http: notFound,
    httpStreams: (head) => {
      if (head.path !== "/stream") return undefined;
      return (stream) => {
        heads.push(head);
        return open(stream);
      };
    },
    webSockets: { maxMessageBytes, admitsOrigin: (origin) => origin === "http://ours" },
    limits,
  });
  return { server, heads };
}

/** What a websocket is told: messages, and the code that it is closed with. */
class Talk {
  readonly messages: string[] = [];
  readonly socket: WebSocket;
  readonly closed: Promise<number>;

  constructor(context: TestContext, { server }: Serving, options: ClientOptions = {}, protocols: string[] = []) {
    this.socket = new WebSocket(`ws://127.0.0.1:${server.address.port}/stream`, protocols, options);
    context.after(() => this.socket.terminate());
    this.socket.on("message", (message: Buffer, isBinary) => {
      assert.equal(isBinary, false, "lines are text");
      this.messages.push(message.toString());
    });
    this.socket.on("error", () => {});
    this.closed = new Promise((resolve) => this.socket.on("close", resolve));
  }

  async opened(): Promise<this> {
    await once(this.socket, "open");
    return this;
  }

  async told(count: number): Promise<string[]> {
    while (this.messages.length < count) await once(this.socket, "message");
    return this.messages;
  }
}

/** An answer for each line, which repeats it. */
const echo = (stream: HttpStream): HttpStreamHandler => {
  stream.begin(200, "application/json");
  let held = "";
  return {
    ...deaf,
    onData: (piece) => {
      held += Buffer.from(piece).toString();
      for (let end = held.indexOf("\n"); end >= 0; end = held.indexOf("\n")) {
        stream.write(Buffer.from(`got ${held.slice(0, end)}\n`));
        held = held.slice(end + 1);
      }
    },
  };
};

test("messages are lines of the request, of either kind, and lines of the answer are messages", async (context) => {
  const talk = await new Talk(context, await serving(context, echo)).opened();
  talk.socket.send("one");
  talk.socket.send(Buffer.from("two"));
  talk.socket.send("thr", { fin: false });
  talk.socket.send("ee", { fin: true });
  talk.socket.send("x".repeat(maxMessageBytes));
  const told = await talk.told(4);
  assert.deepEqual(told.slice(0, 3), ["got one", "got two", "got three"]);
  assert.equal(told[3]?.length, maxMessageBytes + 4);
  talk.socket.close(1000);
  assert.equal(await talk.closed, 1000);
});

test("an answer in pieces is one message for each line, and what ends without a line's end is one, too", async (context) => {
  const talk = new Talk(
    context,
    await serving(context, (stream) => {
      for (const piece of ["ab", "c\nd", "", "ef\n\n", "g", "h"]) stream.write(Buffer.from(piece));
      stream.end();
      return deaf;
    }),
  );
  assert.equal(await talk.closed, 1000);
  assert.deepEqual(talk.messages, ["abc", "def", "gh"]);
});

test("the code of the close tells how an answer ended", async (context) => {
  const endings: readonly (readonly [(stream: HttpStream) => void, code: number])[] = [
    [(stream) => stream.end(), 1000],
    [(stream) => stream.end("unavailable"), 1001],
    [(stream) => stream.end("malformed"), 1007],
    [(stream) => stream.end("failed"), 1011],
    [(stream) => stream.cut(), 1011],
    [(stream) => [stream.begin(404, "text/plain"), stream.end()], 4404],
    [(stream) => [stream.begin(401, "text/plain"), stream.end("failed")], 4401],
  ];
  for (const [end, code] of endings) {
    const talk = new Talk(
      context,
      await serving(context, (stream) => {
        end(stream);
        return deaf;
      }),
    );
    assert.equal(await talk.closed, code);
  }
});

test("the head is that of a POST, with the token that the subprotocol brings", async (context) => {
  const own = await serving(context, echo);
  const talk = await new Talk(context, own, {}, ["Bearer", "abc.1-_"]).opened();
  assert.equal(talk.socket.protocol, "Bearer");
  await new Talk(context, own, { headers: { authorization: "Bearer d", "grpc-metadata-hasleader": "true" } }).opened();
  const [first, second] = own.heads;
  assert.deepEqual([first?.method, first?.path, first?.header("authorization")], ["POST", "/stream", "Bearer abc.1-_"]);
  assert.deepEqual([second?.header("authorization"), second?.header("grpc-metadata-hasleader")], ["Bearer d", "true"]);
});

test("pages of origins that are not let in get no websocket, and who is no page does", async (context) => {
  const own = await serving(context, echo);
  await new Talk(context, own, { origin: "http://ours" }).opened();
  const refused = new Talk(context, own, { origin: "http://theirs" });
  const [, response] = (await once(refused.socket, "unexpected-response").catch(() => [])) as [
    unknown,
    { statusCode: number } | undefined,
  ];
  assert.equal(response?.statusCode, 403);
  assert.equal(own.heads.length, 1);
});

/** What a server says to bytes. */
async function said(server: GrpcServer, text: string): Promise<string> {
  const socket = connect(server.address.port, "127.0.0.1");
  let answer = "";
  socket.on("data", (piece) => (answer += piece.toString())).on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

const key = "dGhlIHNhbXBsZSBub25jZQ==";

test("who asks for anything but a websocket on a stream is served as if they had not", async (context) => {
  const { server } = await serving(context, (stream) => {
    stream.begin(200, "text/plain");
    stream.end();
    return deaf;
  });
  const ask = (method: string, path: string, upgrade: string): Promise<string> =>
    said(
      server,
      `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: ${upgrade}\r\n` +
        `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
  assert.match(await ask("GET", "/elsewhere", "websocket"), /^HTTP\/1\.1 404 /);
  assert.match(await ask("GET", "/stream", "h2c"), /^HTTP\/1\.1 200 /);
  const malformed = `GET /stream HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  assert.match(await said(server, malformed), /^HTTP\/1\.1 400 /);
});

/** A client by hand, behind its handshake. */
async function byHand(context: TestContext, { server }: Serving): Promise<Socket> {
  const socket = connect(server.address.port, "127.0.0.1");
  context.after(() => socket.destroy());
  socket.on("error", () => {});
  const head = `Host: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13`;
  socket.write(`GET /stream HTTP/1.1\r\n${head}\r\n\r\n`);
  await once(socket, "data");
  return socket;
}

/** A frame with a mask of zeros. */
function frameOf(first: number, payload: Uint8Array, declared = payload.length): Buffer {
  const length = declared < 126 ? Buffer.of(0x80 | declared) : Buffer.of(0x80 | 127, 0, 0, 0, 0, 0, 0, 0, 0);
  if (declared >= 126) length.writeBigUInt64BE(BigInt(declared), 1);
  return Buffer.concat([Buffer.of(first), length, Buffer.alloc(4), payload]);
}

const opcodes = { text: 0x81, unfinishedText: 0x01, rest: 0x00, ping: 0x89, pong: 0x8a } as const;

test("too large, or not UTF-8, or no frame: closed with the code that says so", async (context) => {
  const own = await serving(context, echo);
  const large = await new Talk(context, own).opened();
  large.socket.send("x".repeat(maxMessageBytes + 1));
  assert.equal(await large.closed, 1009);
  const closeCodeAfter = async (frame: Uint8Array): Promise<number> => {
    const socket = await byHand(context, own);
    socket.write(frame);
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.equal(answer[0], 0x88, "a close");
    return answer.readUInt16BE(2);
  };
  assert.equal(await closeCodeAfter(frameOf(opcodes.text, new Uint8Array(0), 1 << 30)), 1009);
  assert.equal(await closeCodeAfter(frameOf(opcodes.text, Buffer.of(0xff))), 1007);
  assert.equal(await closeCodeAfter(Buffer.of(0x81, 0x01, 0x61)), 1002, "without a mask");
});

for (const [what, pieces] of [
  [
    "in a frame",
    () => [frameOf(opcodes.text, Buffer.alloc(10, "x"), 1000), ...Array<Buffer>(50).fill(Buffer.of(0x78))],
  ],
  [
    "in frames with pongs between",
    () => [
      frameOf(opcodes.unfinishedText, Buffer.of(0x78)),
      ...Array.from({ length: 50 }, () =>
        Buffer.concat([frameOf(opcodes.pong, Buffer.alloc(3)), frameOf(opcodes.rest, Buffer.of(0x78))]),
      ),
    ],
  ],
] as const) {
  test(`slow-loris: a message that does not become whole ${what} is given up`, async (context) => {
    let isCancelled = false;
    const own = await serving(context, () => ({ ...deaf, onCancel: () => (isCancelled = true) }), {
      receiveTimeoutMs: 200,
    });
    const socket = await byHand(context, own);
    const drip = setInterval(() => socket.write(queue.shift() ?? ""), 30);
    context.after(() => clearInterval(drip));
    const queue: Buffer[] = [...pieces()];
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.deepEqual([answer[0], answer.readUInt16BE(2)], [0x88, 4408]);
    assert.equal(isCancelled, true);
    assert.ok(queue.length > 0, "while it was still sending");
  });
}

test("unfinished messages of all connections together are bounded", async (context) => {
  const own = await serving(context, () => deaf, { maxPartialRequestBytes: 50_000 });
  const first = await byHand(context, own);
  const second = await byHand(context, own);
  first.write(frameOf(opcodes.text, Buffer.alloc(30_000), 90_000));
  await new Promise((resolve) => setTimeout(resolve, 50));
  second.write(frameOf(opcodes.text, Buffer.alloc(30_000), 90_000));
  const [answer] = (await once(second, "data")) as [Buffer];
  assert.equal(answer.readUInt16BE(2), 4503);
});

test("a message in the smallest pieces is charged with what they take", async (context) => {
  const own = await serving(context, () => deaf, { maxPartialRequestBytes: 50_000 });
  const socket = await byHand(context, own);
  socket.write(frameOf(opcodes.text, new Uint8Array(0), 90_000));
  let sent = 0;
  const drip = setInterval(() => {
    socket.write("x");
    sent++;
  }, 1);
  context.after(() => clearInterval(drip));
  const [answer] = (await once(socket, "data")) as [Buffer];
  assert.equal(answer.readUInt16BE(2), 4503);
  assert.ok(sent < 5000, `after ${sent} bytes`);
});

const fragments = (count: number): Buffer =>
  Buffer.concat([
    frameOf(opcodes.unfinishedText, Buffer.of(0x78)),
    ...Array<Buffer>(count - 1).fill(frameOf(opcodes.rest, Buffer.of(0x78))),
  ]);

for (const [what, before] of [
  ["", []],
  [", behind a message that is whole", [frameOf(opcodes.text, Buffer.of(0x78))]],
] as const) {
  test(`fragments of one byte are charged with what their reader keeps of each${what}`, async (context) => {
    const own = await serving(context, () => deaf, { maxPartialRequestBytes: 100_000 });
    const some = await byHand(context, own);
    // 2,100 bytes on the wire, and some 80,000 with what they take.
    some.write(Buffer.concat([...before, fragments(300)]));
    some.write(frameOf(opcodes.ping, new Uint8Array(0)));
    const [pong] = (await once(some, "data")) as [Buffer];
    assert.equal(pong[0], 0x8a);
    const more = await byHand(context, own);
    more.write(Buffer.concat([...before, fragments(300)]));
    const [refusal] = (await once(more, "data")) as [Buffer];
    assert.deepEqual([refusal[0], refusal.readUInt16BE(2)], [0x88, 4503]);
    some.write(frameOf(0x80, new Uint8Array(0)));
    some.write(frameOf(opcodes.ping, new Uint8Array(0)));
    await once(some, "data");
    const later = await byHand(context, own);
    later.write(Buffer.concat([fragments(300), frameOf(opcodes.ping, new Uint8Array(0))]));
    const [laterPong] = (await once(later, "data")) as [Buffer];
    assert.equal(laterPong[0], 0x8a, "what became whole is charged no more");
  });
}

test("a message in thousands of fragments ends its websocket, whatever their size", async (context) => {
  const own = await serving(context, () => deaf);
  for (const payload of [Buffer.of(0x78), new Uint8Array(0)]) {
    const socket = await byHand(context, own);
    const rest = Array<Buffer>(5000).fill(frameOf(opcodes.rest, payload));
    socket.write(Buffer.concat([frameOf(opcodes.unfinishedText, payload), ...rest]));
    const [answer] = (await once(socket, "data")) as [Buffer];
    assert.deepEqual([answer[0], answer.readUInt16BE(2)], [0x88, 1008]);
  }
});

test("who takes nothing is cut off at the bound, whether of answers or of pongs", async (context) => {
  const limits = { maxUnsentResponseBytes: 100_000 };
  const cancelled: string[] = [];
  const flood = await serving(
    context,
    (stream) => {
      const timer = setInterval(() => stream.write(Buffer.from(`${"x".repeat(100_000)}\n`)), 1);
      return {
        ...deaf,
        onCancel: () => {
          clearInterval(timer);
          cancelled.push("answers");
        },
      };
    },
    limits,
  );
  const deafClient = await byHand(context, flood);
  deafClient.pause();
  await until(() => cancelled.length === 1);
  const quiet = await serving(context, () => ({ ...deaf, onCancel: () => cancelled.push("pongs") }), limits);
  const pinging = await byHand(context, quiet);
  pinging.pause();
  const ping = Buffer.concat(Array<Buffer>(2000).fill(frameOf(opcodes.ping, Buffer.alloc(125))));
  const timer = setInterval(() => pinging.write(ping), 1);
  context.after(() => clearInterval(timer));
  await until(() => cancelled.length === 2);
});

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!isSo()) {
    assert.ok(performance.now() < deadline, "it never came to be");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test("one that is silent is pinged; it stays while it answers, and goes when it does not", async (context) => {
  const cancelled: string[] = [];
  const own = await serving(context, () => ({ ...deaf, onCancel: () => cancelled.push("gone") }), {
    webSocketPingMs: 50,
    keepAliveTimeoutMs: 300,
    receiveTimeoutMs: 100,
  });
  const alive = await new Talk(context, own).opened();
  let pings = 0;
  alive.socket.on("ping", () => pings++);
  await until(() => pings >= 5);
  assert.deepEqual(cancelled, []);
  const silent = await byHand(context, own);
  await once(silent, "close");
  assert.deepEqual(cancelled, ["gone"]);
  assert.equal(alive.socket.readyState, WebSocket.OPEN);
});

test("over TLS it is the same", async (context) => {
  const tls = selfSigned(context, "one");
  const server = await serve(context, {
    methods: [],
    http: notFound,
    httpStreams: () => echo,
    webSockets: { maxMessageBytes, admitsOrigin: () => true },
    tls,
  });
  const socket = new WebSocket(`wss://127.0.0.1:${server.address.port}/stream`, { ca: tls.certificate });
  context.after(() => socket.terminate());
  await once(socket, "open");
  socket.send("one");
  const [message] = (await once(socket, "message")) as [Buffer];
  assert.equal(message.toString(), "got one");
  const closing = server.close();
  assert.equal((await once(socket, "close"))[0], 1001);
  await closing;
});

test("a handler that pauses is told nothing more until it goes on", async (context) => {
  const got: string[] = [];
  let stream: HttpStream | undefined;
  const own = await serving(
    context,
    (opened) => {
      stream = opened;
      return {
        ...deaf,
        onData: (piece) => {
          got.push(Buffer.from(piece).toString().trim());
          opened.pause();
        },
      };
    },
    { maxPartialRequestBytes: 1 << 30 },
  );
  const talk = await new Talk(context, own).opened();
  const sent = "x".repeat(90_000);
  let unsent = 0;
  const timer = setInterval(() => {
    talk.socket.send(sent);
    unsent = talk.socket.bufferedAmount;
  }, 1);
  context.after(() => clearInterval(timer));
  await until(() => unsent > 5_000_000);
  clearInterval(timer);
  const taken = got.length;
  stream?.resume();
  await until(() => got.length > taken);
});

test("a server that closes says so to each, with 1001, and takes no more", async (context) => {
  const cancelled: string[] = [];
  const own = await serving(context, () => ({ ...deaf, onCancel: () => cancelled.push("told") }));
  const [one, two] = [await new Talk(context, own).opened(), await new Talk(context, own).opened()];
  const closing = own.server.close();
  assert.deepEqual([await one.closed, await two.closed], [1001, 1001]);
  await closing;
  assert.deepEqual(cancelled, ["told", "told"]);
});

/** Frames, right and spoiled: any opcode and flags, masked or not, lengths that are not so, cut anywhere. */
const anyFrame = fc
  .record({
    first: fc.oneof(fc.constantFrom(0x81, 0x82, 0x01, 0x80, 0x00, 0x88, 0x89, 0x8a), fc.integer({ min: 0, max: 255 })),
    payload: fc.uint8Array({ maxLength: 200 }),
    declared: fc.option(fc.integer({ min: 0, max: 300 }), { freq: 5, nil: undefined }),
    isMasked: fc.boolean(),
    cut: fc.option(fc.integer({ min: 0, max: 40 }), { freq: 10, nil: undefined }),
  })
  .map(({ first, payload, declared, isMasked, cut }) => {
    const frame = frameOf(first, payload, declared ?? payload.length);
    const sent = isMasked ? frame : Buffer.concat([frame.subarray(0, 1), Buffer.of(payload.length & 0x7f), payload]);
    return sent.subarray(0, cut ?? sent.length);
  });

test("whatever frames come, each connection ends and counts for nothing, and the server serves on", async (context) => {
  let open = 0;
  const own = await serving(
    context,
    (stream) => {
      open++;
      return { ...echo(stream), onCancel: () => open-- };
    },
    { receiveTimeoutMs: 100, webSocketPingMs: 50, keepAliveTimeoutMs: 100 },
  );
  const property = fc.asyncProperty(fc.array(anyFrame, { minLength: 1, maxLength: 8 }), async (frames) => {
    const socket = await byHand(context, own);
    socket.resume();
    for (const frame of frames) socket.write(frame);
    socket.end();
    await once(socket, "close");
  });
  await fc.assert(property, { numRuns: 150 });
  await until(() => open === 0);
  const talk = await new Talk(context, own).opened();
  talk.socket.send("still there");
  assert.deepEqual(await talk.told(1), ["got still there"]);
});

test("what a handler throws ends its websocket, and no other", async (context) => {
  const own = await serving(context, (stream) => ({
    ...echo(stream),
    onData: (piece) => {
      if (piece.length > 1) throw new Error("a mistake");
    },
  }));
  const talk = await new Talk(context, own).opened();
  talk.socket.send("one");
  assert.equal(await talk.closed, 4500);
  await new Talk(context, own).opened();
});
