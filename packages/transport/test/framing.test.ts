import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader } from "../src/frame-reader.ts";
import { frameHeaderBytes, frameTypes, makeFrameHeader, type FrameType } from "../src/frame.ts";
import { gatherSmallChunks } from "../src/gather.ts";

const maxMessageBytes = 4096;

interface Frame {
  readonly type: FrameType;
  readonly payload: Uint8Array;
}

function join(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}

function encode(type: FrameType, payload: Uint8Array, checked = 1): Uint8Array {
  return join([makeFrameHeader(type, [payload], checked), payload]);
}

/** Reads pieces until the reader objects; copies what it delivers. */
function read(pieces: readonly Uint8Array[]): { frames: Frame[]; violation: string | undefined } {
  const frames: Frame[] = [];
  const reader = new FrameReader(maxMessageBytes, (type, payload) => frames.push({ type, payload }));
  for (const piece of pieces) {
    const violation = reader.push(piece);
    if (violation !== undefined) return { frames, violation };
  }
  return { frames, violation: undefined };
}

function cut(bytes: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return places.slice(1).map((end, k) => bytes.slice(places[k] as number, end));
}

const frame = fc.oneof(
  fc.record({ type: fc.constant(frameTypes.message), payload: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({
    type: fc.constantFrom(2, 3, 4, 5) as fc.Arbitrary<FrameType>,
    payload: fc.uint8Array({ maxLength: 40 }),
  }),
);

test("however the stream is cut, the same frames come out", () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.array(fc.nat(), { maxLength: 40 }), (frames, places) => {
      const bytes = join(frames.map(({ type, payload }) => encode(type, payload)));
      const { frames: found, violation } = read(cut(bytes, places));
      assert.equal(violation, undefined);
      assert.deepEqual(
        found,
        frames.map(({ type, payload }) => ({ type, payload })),
      );
    }),
    { numRuns: 500 },
  );
});

test("a stream of single bytes gives the same frames", () => {
  const bytes = join([encode(frameTypes.message, Uint8Array.of(1, 2, 3)), encode(frameTypes.ping, new Uint8Array(8))]);
  assert.equal(read(Array.from(bytes, (byte) => Uint8Array.of(byte))).frames.length, 2);
});

test("a damaged byte is never delivered as something else: its frame is refused, and so is all that follows", () => {
  fc.assert(
    fc.property(
      fc.array(frame, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      (frames, place, bits, places) => {
        const bytes = join(frames.map(({ type, payload }) => encode(type, payload)));
        const at = place % bytes.length;
        bytes[at] = (bytes[at] as number) ^ bits;
        const { frames: found } = read(cut(bytes, places));
        assert.ok(found.length < frames.length);
        assert.deepEqual(
          found,
          frames.slice(0, found.length).map(({ type, payload }) => ({ type, payload })),
        );
      },
    ),
    { numRuns: 1000 },
  );
});

test("random bytes give no frame, no exception, and at most one buffer of a message's size", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 10 }), (pieces) => {
      const { frames } = read(pieces);
      assert.ok(frames.every(({ payload }) => payload.length === 0) && frames.length <= 1);
    }),
    { numRuns: 1000 },
  );
});

test("what the checksum does not cover is the sender's to protect", () => {
  const [covered, own] = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5, 6)];
  const bytes = join([makeFrameHeader(frameTypes.message, [covered, own], 1), covered, own]);
  bytes[frameHeaderBytes + 4] = 99;
  assert.equal(read([bytes]).frames.length, 1);
  bytes[frameHeaderBytes + 1] = 99;
  assert.match(read([bytes]).violation ?? "", /checksum/);
});

test("a frame that is too large, of an unknown type, or contradicts itself is refused by its header alone", () => {
  const header = (type: number, length: number): Uint8Array =>
    makeFrameHeader(type as FrameType, [new Uint8Array(length)], 1);
  assert.match(
    read([header(frameTypes.message, maxMessageBytes + 1)]).violation ?? "",
    /4097 bytes, more than the 4096/,
  );
  assert.match(read([header(frameTypes.ping, 1025)]).violation ?? "", /1025 bytes, more than the 1024/);
  assert.match(read([header(0, 0)]).violation ?? "", /unknown type 0/);
  assert.match(read([header(6, 0)]).violation ?? "", /unknown type 6/);
  assert.match(read([header(1, 8).with(12, 9)]).violation ?? "", /contradicts itself/);
  assert.match(read([header(1, 8).with(10, 1)]).violation ?? "", /contradicts itself/);
});

test("a frame that lies whole in a chunk is a view of it; one that does not gets a buffer of its own size", () => {
  const small = encode(frameTypes.message, Uint8Array.of(7));
  const large = encode(frameTypes.message, new Uint8Array(3000).fill(9));
  const bytes = join([small, large]);
  const { frames } = read([bytes]);
  assert.ok(frames.every(({ payload }) => payload.buffer === bytes.buffer));
  const pieces = read(cut(bytes, [1500]));
  assert.equal(pieces.frames[1]?.payload.buffer.byteLength, 3000);
});

test("a reader that was stopped delivers nothing more, not even from the chunk at hand", () => {
  const seen: number[] = [];
  const reader: FrameReader = new FrameReader(maxMessageBytes, (_type, payload) => {
    seen.push(payload[0] as number);
    reader.stop();
  });
  reader.push(join([encode(frameTypes.message, Uint8Array.of(1)), encode(frameTypes.message, Uint8Array.of(2))]));
  assert.deepEqual(seen, [1]);
});

test("gathering joins small neighbours, keeps large chunks as they are, and changes no byte", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(60), fc.constantFrom(4095, 4096, 9000)), { maxLength: 12 }), (sizes) => {
      const chunks = sizes.map((size, k) => new Uint8Array(size).fill(k + 1));
      const gathered = gatherSmallChunks(chunks);
      assert.equal(Buffer.compare(join(gathered), join(chunks)), 0);
      for (const chunk of chunks) if (chunk.length >= 4096) assert.ok(gathered.some((one) => one === chunk));
      for (let k = 1; k < gathered.length; k++) {
        const [before, after] = [gathered[k - 1] as Uint8Array, gathered[k] as Uint8Array];
        assert.ok(
          chunks.some((one) => one === before || one === after),
          "two joined buffers lie side by side",
        );
      }
    }),
  );
});
