import assert from "node:assert/strict";
import { test } from "node:test";
import { CorruptFrameError, crc32c, entryKinds, makeEntry, payloadOf, readEntry } from "@quorate/raft";
import fc from "fast-check";
import { command } from "./support/fixtures.ts";

test("CRC-32C has the published check values", () => {
  assert.equal(crc32c(command("123456789")), 0xe3069283);
  // RFC 3720, appendix B.4.
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assert.equal(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, at) => at)), 0x46dd794e);
});

test("a sum may be taken in pieces", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.uint8Array({ maxLength: 60 }), (a, b) => {
      assert.equal(crc32c(b, crc32c(a)), crc32c(Uint8Array.from([...a, ...b])));
    }),
  );
});

test("an entry is read back from its frame, wherever the frame lies", () => {
  const index = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
  fc.assert(
    fc.property(index, index, fc.uint8Array({ maxLength: 100 }), fc.nat(9), (at, term, payload, offset) => {
      const entry = makeEntry(at, term, entryKinds.command, payload);
      const bytes = new Uint8Array(offset + entry.frame.length + 5);
      bytes.set(entry.frame, offset);
      const read = readEntry(bytes, offset);
      assert.deepEqual([read.index, read.term, read.kind], [at, term, entryKinds.command]);
      assert.deepEqual(payloadOf(read), payload);
    }),
  );
});

test("the frame's layout is fixed: these bytes were written by the first version", () => {
  const { frame } = makeEntry(258, 3, entryKinds.command, command("quorate"));
  const hex = [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  assert.equal(hex.slice(0, 8), "07000000");
  assert.equal(hex.slice(16), "020100000000000003000000000000000100000071756f72617465");
});

test("any changed bit of a frame is found", () => {
  const { frame } = makeEntry(7, 2, entryKinds.command, command("some payload"));
  for (let bit = 0; bit < frame.length * 8; bit++) {
    const damaged = frame.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7));
    assert.throws(() => readEntry(damaged, 0), CorruptFrameError, `bit ${bit}`);
  }
  for (let cut = 0; cut < frame.length; cut++) {
    assert.throws(() => readEntry(frame.subarray(0, cut), 0), CorruptFrameError);
  }
});
