import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  decodeMessage,
  encodeMessage,
  entryKinds,
  InvariantViolation,
  makeEntry,
  MalformedMessageError,
  writeU32,
  type Append,
  type Entry,
  type Message,
} from "@quorate/raft";

const largest = Number.MAX_SAFE_INTEGER;

const integer = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.constantFrom(0, 1, 0xffff_ffff, 0x1_0000_0000, largest - 1, largest),
);
/** Plain objects, as the decoder makes them. */
const plain = { noNullPrototype: true } as const;
const position = fc.record({ index: integer, term: integer }, plain);

const content = fc.record({
  term: fc.integer({ min: 1, max: largest }),
  kind: fc.constantFrom(...Object.values(entryKinds)),
  payload: fc.uint8Array({ maxLength: 80 }),
});

const append = fc
  .tuple(
    integer,
    fc.record({ index: fc.oneof(fc.nat(1000), fc.nat(largest - 100)), term: integer }, plain),
    integer,
    fc.array(content, { maxLength: 6 }),
  )
  .map(([term, previous, commit, contents]): Message => {
    const entries = contents.map((one, at) => makeEntry(previous.index + 1 + at, one.term, one.kind, one.payload));
    return { type: "append", term, previous, commit, entries };
  });

function typed<Type extends string, Fields>(type: Type, fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> }) {
  return fc.record<Fields & { type: Type }>({ type: fc.constant(type), ...fields } as never, plain);
}

const message: fc.Arbitrary<Message> = fc.oneof(
  append,
  typed("pre-vote-request", { term: integer, electionTerm: integer, last: position }),
  typed("pre-vote-response", { term: integer, electionTerm: integer, granted: fc.boolean() }),
  typed("vote-request", { term: integer, last: position, transfer: fc.boolean() }),
  typed("vote-response", { term: integer, granted: fc.boolean() }),
  typed("append-accepted", { term: integer, match: integer }),
  typed("append-rejected", {
    term: integer,
    rejected: integer,
    conflict: fc.record({ index: integer, term: integer, firstIndex: integer }, plain),
  }),
  typed("heartbeat", { term: integer, commit: integer, round: integer }),
  typed("heartbeat-response", { term: integer, round: integer }),
  typed("read-index-request", { term: integer, id: integer }),
  typed("read-index-response", { term: integer, id: integer, index: integer }),
  typed("timeout-now", { term: integer }),
);

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

/** Decodes, and lets no other exception pass than the one that callers expect. */
function decodedOrMalformed(bytes: Uint8Array): Message | undefined {
  try {
    return decodeMessage(bytes);
  } catch (error) {
    assert.ok(error instanceof MalformedMessageError, `threw ${String(error)}`);
    return undefined;
  }
}

function appendOf(entries: readonly Entry[], index = 4): Append {
  return { type: "append", term: 3, previous: { index, term: 2 }, commit: 4, entries };
}

const five = makeEntry(5, 3, entryKinds.command, Uint8Array.of(1, 2, 3));
const six = makeEntry(6, 3, entryKinds.noop, new Uint8Array(0));
const seven = makeEntry(7, 3, entryKinds.command, Uint8Array.of(9));

test("every message comes back as it was, and a prefix or a longer run of its bytes is no message", () => {
  fc.assert(
    fc.property(message, fc.uint8Array({ minLength: 1, maxLength: 40 }), (original, more) => {
      const bytes = joined(encodeMessage(original));
      assert.deepEqual(decodeMessage(bytes), original);
      assert.throws(() => decodeMessage(joined([bytes, more])), MalformedMessageError);
      for (let length = 0; length < bytes.length; length++) {
        assert.throws(() => decodeMessage(bytes.subarray(0, length)), MalformedMessageError);
      }
    }),
    { numRuns: 300 },
  );
});

test("the bytes of a message never change between versions", () => {
  const heartbeat: Message = { type: "heartbeat", term: 258, commit: 0x1_0000_0003, round: largest };
  const expected = [8, 2, 1, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 255, 255, 31, 0];
  assert.deepEqual(encodeMessage(heartbeat), [Uint8Array.from(expected)]);
});

test("an append's frames are its entries' own bytes, on the way out and on the way in", () => {
  const chunks = encodeMessage(appendOf([five, six]));
  assert.equal(chunks.length, 3);
  assert.equal(chunks[1], five.frame);
  assert.equal(chunks[2], six.frame);
  const bytes = joined(chunks);
  const decoded = decodeMessage(bytes) as Append;
  for (const entry of decoded.entries) assert.equal(entry.frame.buffer, bytes.buffer);
});

test("an append with a gap, a repetition or entries that do not follow its previous position is refused (B36)", () => {
  const bad: { entries: Entry[]; previous: number }[] = [
    { entries: [five, seven], previous: 4 },
    { entries: [five, five], previous: 4 },
    { entries: [six, five], previous: 5 },
    { entries: [five], previous: 3 },
    { entries: [five], previous: 5 },
    { entries: [five], previous: 0 },
  ];
  for (const { entries, previous } of bad) {
    const wrong = appendOf(entries, previous);
    assert.throws(() => encodeMessage(wrong), InvariantViolation);
    const header = encodeMessage(appendOf([], previous))[0] as Uint8Array;
    writeU32(header, 33, entries.length);
    const bytes = joined([header, ...entries.map((entry) => entry.frame)]);
    assert.throws(() => decodeMessage(bytes), /holds entry \d where \d belongs/);
  }
});

test("a wrong count of entries is refused without allocating for it", () => {
  for (const count of [0, 1, 3, 0xffff_ffff]) {
    const bytes = joined(encodeMessage(appendOf([five, six])));
    writeU32(bytes, 33, count);
    assert.throws(() => decodeMessage(bytes), MalformedMessageError, `count ${count}`);
  }
});

test("a flipped bit anywhere in an entry is found", () => {
  const bytes = joined(encodeMessage(appendOf([five])));
  for (let at = 37; at < bytes.length; at++) {
    const damaged = bytes.slice();
    damaged[at] = (damaged[at] as number) ^ 1;
    assert.throws(() => decodeMessage(damaged), MalformedMessageError, `byte ${at}`);
  }
});

test("an integer beyond 2^53 - 1 and a flag beyond 1 are refused", () => {
  const vote = encodeMessage({ type: "vote-response", term: 7, granted: true })[0] as Uint8Array;
  assert.throws(() => decodeMessage(vote.with(7, 0x20)), /exceeds 2\^53 - 1/);
  assert.throws(() => decodeMessage(vote.with(9, 2)), /neither 0 nor 1/);
  assert.throws(() => decodeMessage(vote.with(0, 13)), /type 13 is unknown/);
  assert.throws(() => decodeMessage(vote.with(0, 0)), /type 0 is unknown/);
});

test("a number that is no integer is never sent", () => {
  for (const term of [Number.NaN, -1, 0.5, largest + 1, Number.POSITIVE_INFINITY]) {
    assert.throws(() => encodeMessage({ type: "vote-response", term, granted: true }), InvariantViolation);
  }
});

test("random bytes behind every type byte give a message or a MalformedMessageError, nothing else", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 14 }), fc.uint8Array({ maxLength: 120 }), (type, rest) => {
      const bytes = joined([Uint8Array.of(type), rest]);
      const decoded = decodedOrMalformed(bytes);
      if (decoded !== undefined) assert.deepEqual(joined(encodeMessage(decoded)), bytes);
    }),
    { numRuns: 2000 },
  );
});

test("a damaged message gives another valid message or a MalformedMessageError, and one encoding each", () => {
  const damage = fc.array(fc.record({ at: fc.nat(), bits: fc.integer({ min: 1, max: 255 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(message, damage, (original, flips) => {
      const bytes = joined(encodeMessage(original));
      for (const { at, bits } of flips) bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ bits;
      const decoded = decodedOrMalformed(bytes);
      if (decoded !== undefined) assert.deepEqual(joined(encodeMessage(decoded)), bytes);
    }),
    { numRuns: 2000 },
  );
});
