import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { WatchEvent, type KeyValue, type WatchAnswer } from "@quorate/store";
import fc from "fast-check";
import { WatchResponseSchema, type WatchResponse } from "../src/generated/etcdserverpb/rpc_pb.ts";
import { Event_EventType, type KeyValue as KeyValueMessage } from "../src/generated/mvccpb/kv_pb.ts";
import type { HeaderFields } from "../src/hot/header-codec.ts";
import { encodeAnswer } from "../src/watch/answer-codec.ts";

const natural = fc.oneof(fc.maxSafeNat(), fc.nat(300));
const header: fc.Arbitrary<HeaderFields> = fc.record({
  clusterId: natural,
  memberId: natural,
  revision: natural,
  raftTerm: natural,
});
const bytes = fc.uint8Array({ maxLength: 300 });
const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -5n, max: 300n }));
const item: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes,
  value: bytes,
  createRevision: natural,
  modRevision: natural,
  version: natural,
  lease: int64,
});

const event: fc.Arbitrary<WatchEvent> = fc
  .record({ item, previous: fc.option(item, { nil: undefined }), isPut: fc.boolean() })
  .map(({ item, previous, isPut }) => {
    const { value, modRevision, createRevision, version, lease } = item;
    const after = {
      revision: modRevision,
      createRevision,
      version,
      lease,
      value,
      alive: isPut,
      valueLength: value.length,
    };
    const key = String.fromCharCode(...item.key);
    const made = new WatchEvent(key, { ...after, older: undefined }, undefined);
    made.previous = previous;
    return made;
  });

const answer: fc.Arbitrary<WatchAnswer> = fc.record({
  watchId: int64,
  revision: natural,
  created: fc.boolean(),
  canceled: fc.boolean(),
  compactRevision: natural,
  cancelReason: fc.oneof(fc.constant(""), fc.string()),
  fragment: fc.boolean(),
  previous: fc.boolean(),
  events: fc.array(event, { maxLength: 8 }),
});

function itemMessage({
  key,
  value,
  createRevision,
  modRevision,
  version,
  lease,
}: KeyValue): Omit<KeyValueMessage, "$typeName" | "$unknown"> {
  const revisions = { createRevision: BigInt(createRevision), modRevision: BigInt(modRevision) };
  return { key, value, ...revisions, version: BigInt(version), lease };
}

/** What the protobuf library makes of an answer. */
function message(from: HeaderFields, { events, ...answer }: WatchAnswer): WatchResponse {
  const { previous: withPrevious } = answer;
  return create(WatchResponseSchema, {
    header: {
      clusterId: BigInt(from.clusterId),
      memberId: BigInt(from.memberId),
      revision: BigInt(from.revision),
      raftTerm: BigInt(from.raftTerm),
    },
    watchId: answer.watchId,
    created: answer.created,
    canceled: answer.canceled,
    compactRevision: BigInt(answer.compactRevision),
    cancelReason: answer.cancelReason,
    events: events.map(({ isPut, item, previous }) => ({
      type: isPut ? Event_EventType.PUT : Event_EventType.DELETE,
      kv: itemMessage(item),
      ...(withPrevious && previous !== undefined ? { prevKv: itemMessage(previous) } : {}),
    })),
  });
}

test("an answer is written as the protobuf library writes it", () => {
  fc.assert(
    fc.property(header, answer, (from, answer) => {
      const [bytes, ...others] = encodeAnswer(from, { ...answer, fragment: false }, 10);
      assert.equal(others.length, 0);
      assert.deepEqual(Buffer.from(bytes ?? []), Buffer.from(toBinary(WatchResponseSchema, message(from, answer))));
    }),
  );
});

test("an answer in parts says the same, each part below the bound unless it is one event", () => {
  fc.assert(
    fc.property(header, answer, fc.integer({ min: 1, max: 2000 }), (from, answer, maxBytes) => {
      const messages = encodeAnswer(from, { ...answer, fragment: true }, maxBytes);
      const parts = messages.map((bytes) => fromBinary(WatchResponseSchema, bytes));
      const last = parts.length - 1;
      for (const [index, part] of parts.entries()) {
        assert.equal(part.fragment, index < last);
        const bytes = (messages[index] as Uint8Array).length;
        assert.ok(part.events.length < 2 || bytes < maxBytes, `${bytes} bytes in ${part.events.length} events`);
      }
      const whole = { ...(parts[0] as WatchResponse), fragment: false, events: parts.flatMap(({ events }) => events) };
      assert.deepEqual(
        Buffer.from(toBinary(WatchResponseSchema, whole)),
        Buffer.from(toBinary(WatchResponseSchema, message(from, answer))),
      );
    }),
  );
});
