import assert from "node:assert/strict";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { Client, compressionAlgorithms, credentials, Metadata } from "@grpc/grpc-js";
import { okStatus, type StreamingMethod } from "../src/index.ts";
import { frame, FrameClient, headers, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { serve } from "./grpc-client.ts";

/** Sizes that are worth packing and sizes that are not, in turn. */
const sizes = [10, 5000, 20, 100_000, 30, 40, 2000, 1023, 1024, 300_000, 1];
const pattern = (size: number): Buffer => Buffer.alloc(size, size % 251);

const many: StreamingMethod = {
  kind: "server-stream",
  path: "/test.Echo/Many",
  open: (stream) => ({
    onMessage: () => {
      for (const size of sizes) stream.send(pattern(size));
      stream.end(okStatus, { checked: "yes" });
    },
    onEnd: () => {},
  }),
};

test("a client that packs its request gets the answers packed, in their order, where that is worth it", async (context) => {
  const server = await serve(context, { methods: [many] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 2 ** 30])]));
  const packed = gzipSync(Buffer.from("please"));
  const fields = [
    ...usualFields.map(([name, value]) => [name, name === ":path" ? "/test.Echo/Many" : value] as const),
    ["grpc-encoding", "gzip"] as const,
  ];
  client.send(frame(8, 0, 0, uint32(2 ** 30)), headers(1, false, fields));
  client.send(frame(0, 1, 1, Buffer.concat([Buffer.of(1), uint32(packed.length), packed])));
  assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
  const body = Buffer.concat(client.frames.filter(({ type, id }) => type === 0 && id === 1).map((one) => one.payload));
  const flags: number[] = [];
  let at = 0;
  for (const size of sizes) {
    const length = body.readUInt32BE(at + 1);
    const bytes = body.subarray(at + 5, at + 5 + length);
    flags.push(body[at] as number);
    assert.ok((body[at] === 1 ? gunzipSync(bytes) : bytes).equals(pattern(size)), `the message of ${size} bytes`);
    at += 5 + length;
  }
  assert.equal(at, body.length);
  assert.deepEqual(
    flags,
    sizes.map((size) => (size >= 1024 ? 1 : 0)),
  );
});

test("grpc-js reads what we pack, and a client that leaves meanwhile harms nobody", async (context) => {
  const server = await serve(context, { methods: [many] });
  const client = new Client(`127.0.0.1:${server.address.port}`, credentials.createInsecure(), {
    "grpc.default_compression_algorithm": compressionAlgorithms.gzip,
  });
  context.after(() => client.close());
  const ask = (): Promise<number[]> =>
    new Promise((resolve, reject) => {
      const received: number[] = [];
      const stream = client.makeServerStreamRequest<Uint8Array, Buffer>(
        "/test.Echo/Many",
        (bytes) => Buffer.from(bytes),
        (bytes) => bytes,
        Buffer.alloc(5000),
        new Metadata(),
      );
      stream.on("data", (message: Buffer) => received.push(message.length));
      stream.on("error", reject).on("end", () => resolve(received));
    });
  assert.deepEqual(await ask(), sizes);
  for (let round = 0; round < 50; round++) {
    const stream = client.makeServerStreamRequest<Uint8Array, Buffer>(
      "/test.Echo/Many",
      (bytes) => Buffer.from(bytes),
      (bytes) => bytes,
      Buffer.alloc(5000),
      new Metadata(),
    );
    stream.on("error", () => {});
    setTimeout(() => stream.cancel(), round % 7);
  }
  assert.deepEqual(await ask(), sizes);
});
