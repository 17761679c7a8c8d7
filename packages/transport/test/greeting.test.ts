import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c, writeU32 } from "@quorate/raft";
import fc from "fast-check";
import {
  encodeIntroduction,
  encodeRefusal,
  GreetingReader,
  refusalCodes,
  type Greeting,
  type Hello,
  type Welcome,
} from "../src/greeting.ts";
import { bytesOf } from "./members.ts";

const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const count = fc.maxSafeNat();
const version = fc.integer({ min: 0, max: 0xffff });

const introduction = fc.record(
  {
    kind: fc.constantFrom("hello" as const, "welcome" as const),
    lane: fc.constantFrom("control" as const, "bulk" as const),
    minVersion: version,
    maxVersion: version,
    maxMessageBytes: fc.integer({ min: 0, max: 0xffff_ffff }),
    clusterId: count,
    from: id,
    to: id,
    incarnation: count,
    connection: id,
    seen: count,
  },
  { noNullPrototype: true },
) as fc.Arbitrary<Hello | Welcome>;

/** Feeds the pieces until a verdict. */
function read(pieces: readonly Uint8Array[]): { greeting: Greeting; rest: Uint8Array } | string | undefined {
  const reader = new GreetingReader();
  for (const piece of pieces) {
    const read = reader.push(piece);
    if (read !== undefined) return read;
  }
  return undefined;
}

test("a greeting comes back as it was, however it is cut, and what follows it is left alone", () => {
  fc.assert(
    fc.property(introduction, fc.nat(71), fc.uint8Array({ maxLength: 20 }), (original, at, behind) => {
      const bytes = Uint8Array.from([...encodeIntroduction(original), ...behind]);
      const found = read([bytes.subarray(0, at), bytes.subarray(at)]);
      assert.ok(typeof found === "object");
      assert.deepEqual(found.greeting, original);
      assert.deepEqual([...found.rest], [...behind]);
    }),
  );
});

test("a refusal brings its reason, without what could harm a log", () => {
  for (const code of refusalCodes) {
    const found = read([encodeRefusal({ kind: "refusal", code, reason: "no\nthanks" })]);
    assert.ok(typeof found === "object");
    assert.deepEqual(found.greeting, { kind: "refusal", code, reason: "no\\x0athanks" });
  }
  const long = read([encodeRefusal({ kind: "refusal", code: "version", reason: "é".repeat(5000) })]);
  assert.ok(typeof long === "object");
});

test("a later version may append to a hello", () => {
  const hello: Hello = {
    kind: "hello",
    lane: "bulk",
    minVersion: 1,
    maxVersion: 7,
    maxMessageBytes: 5000,
    clusterId: 3,
    from: 1,
    to: 2,
    incarnation: 4,
    connection: 5,
    seen: 0,
  };
  const longer = Uint8Array.from([...encodeIntroduction(hello), 1, 2, 3]);
  longer[10] = (longer[10] as number) + 3;
  writeU32(longer, 12, crc32c(longer.subarray(16), crc32c(longer, 0, 0, 12)));
  const found = read([longer]);
  assert.ok(typeof found === "object");
  assert.deepEqual(found.greeting, hello);
  assert.equal(found.rest.length, 0);
});

test("who speaks something else is known by the first bytes", () => {
  const verdict = (bytes: Uint8Array): string => {
    const found = read([bytes]);
    assert.ok(typeof found === "string");
    return found;
  };
  assert.match(verdict(bytesOf("GET / HTTP/1.1\r\n")), /HTTP/);
  assert.match(verdict(bytesOf("PRI * HTTP/2.0\r\n")), /HTTP/);
  assert.match(verdict(Uint8Array.of(0x16, 3, 1, 0)), /TLS/);
  assert.match(verdict(bytesOf("x\n")), /began with "x\\x0a"/);
  assert.match(verdict(bytesOf("QUORUM")), /does not speak the peer protocol/);
  assert.equal(read([bytesOf("QUORATE")]), undefined);
});

test("a damaged greeting is refused, and random bytes never throw", () => {
  fc.assert(
    fc.property(introduction, fc.nat(71), fc.integer({ min: 1, max: 255 }), (original, at, bits) => {
      const bytes = encodeIntroduction(original);
      bytes[at] = (bytes[at] as number) ^ bits;
      assert.notEqual(typeof read([bytes]), "object");
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1200 }), fc.boolean(), (bytes, isDisguised) => {
      if (isDisguised) bytes.set(bytesOf("QUORATE\0").subarray(0, bytes.length));
      assert.notEqual(typeof read([bytes]), "object");
    }),
    { numRuns: 500 },
  );
});
