import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import { okStatus } from "../src/index.ts";
import { frame, FrameClient, headers, message, uint32, usualFields } from "./frame-client.ts";
import { call, clientOf, serve, unary } from "./grpc-client.ts";

const block = encodeHeaders(usualFields);
const streamId = fc.constantFrom(0, 1, 1, 3, 3, 5, 7, 2, 2 ** 31 - 1);
const flags = fc.constantFrom(0, 1, 4, 5, 8, 0xd, 0x20, 0x2d, 0xff);

/** Mostly frames that could be right, because most bytes are refused at once. */
const anyFrame = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(streamId, fc.boolean()).map(([id, ends]) => headers(id, ends)) },
  { weight: 3, arbitrary: fc.tuple(streamId, fc.boolean()).map(([id, ends]) => message(id, [1, 2], ends)) },
  { weight: 1, arbitrary: fc.tuple(streamId, fc.nat(70_000)).map(([id, by]) => frame(8, 0, id, uint32(by))) },
  { weight: 1, arbitrary: streamId.map((id) => frame(3, 0, id, uint32(8))) },
  {
    weight: 1,
    arbitrary: fc.tuple(streamId, flags, fc.nat(60)).map(([id, set, cut]) => frame(1, set, id, block.subarray(0, cut))),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(streamId, flags, fc.nat(60)).map(([id, set, cut]) => frame(9, set, id, block.subarray(cut))),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(11), flags, streamId, fc.uint8Array({ maxLength: 40 }))
      .map(([type, set, id, payload]) => frame(type, set, id, payload)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
);

test("whatever frames come, in whichever pieces, the server says goodbye or goes on; it never breaks", async (context) => {
  const broken: string[] = [];
  const nothing = () => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error: (line: string) => void broken.push(line) };
  const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, Uint8Array.from(request)));
  const server = await serve(context, { methods: [echo], logger });
  const honest = clientOf(context, server);
  await fc.assert(
    fc.asyncProperty(fc.array(anyFrame, { maxLength: 25 }), fc.nat(60), async (frames, cut) => {
      const client = new FrameClient(context, server);
      const bytes = Buffer.concat(frames);
      client.send(bytes.subarray(0, cut));
      client.send(bytes.subarray(cut));
      // Ends every frame or block that is still open, or is refused.
      client.send(frame(6, 0, 0, "0123456789abcdef"));
      client.socket.end();
      await client.find(() => client.isClosed);
      assert.deepEqual(broken, []);
    }),
    { numRuns: 300 },
  );
  assert.deepEqual([...(await call(honest, "/test.Echo/Say", Uint8Array.of(1)))], [1]);
});
