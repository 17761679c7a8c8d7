import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import type { KeyValue, RangeResult } from "@quorate/store";
import fc from "fast-check";
import {
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  ResponseHeaderSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { KeyValueSchema } from "../src/generated/mvccpb/kv_pb.ts";
import type { HeaderFields } from "../src/hot/header-codec.ts";
import { decodePutRequest, encodePutResponse } from "../src/hot/put-codec.ts";
import { decodeRangeRequest, encodeRangeResponse } from "../src/hot/range-codec.ts";
import { MalformedMessageError } from "../src/hot/wire-reader.ts";

const bytes = fc.uint8Array({ maxLength: 200 });
const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.bigInt({ min: -5n, max: 300n }));
const natural = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(300),
  fc.integer({ min: 0, max: 52 }).map((bit) => 2 ** bit),
);
const int32 = fc.integer();

const header: fc.Arbitrary<HeaderFields> = fc.record({
  clusterId: natural,
  memberId: natural,
  revision: natural,
  raftTerm: natural,
});

const keyValue: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes,
  value: bytes,
  createRevision: natural,
  modRevision: natural,
  version: natural,
  lease: int64,
});

/** As the requests' checks take it: no revision is beyond 2^53. */
function exact(value: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  return Number(value > limit ? limit : value < -limit ? -limit : value);
}

function headerMessage({ clusterId, memberId, revision, raftTerm }: HeaderFields) {
  return create(ResponseHeaderSchema, {
    clusterId: BigInt(clusterId),
    memberId: BigInt(memberId),
    revision: BigInt(revision),
    raftTerm: BigInt(raftTerm),
  });
}

function keyValueMessage(item: KeyValue) {
  return create(KeyValueSchema, {
    key: item.key,
    value: item.value,
    createRevision: BigInt(item.createRevision),
    modRevision: BigInt(item.modRevision),
    version: BigInt(item.version),
    lease: item.lease,
  });
}

const putRequest = fc.record({
  key: bytes,
  value: bytes,
  lease: int64,
  prevKv: fc.boolean(),
  ignoreValue: fc.boolean(),
  ignoreLease: fc.boolean(),
});

const rangeRequest = fc.record({
  key: bytes,
  rangeEnd: bytes,
  limit: int64,
  revision: int64,
  sortOrder: int32,
  sortTarget: int32,
  serializable: fc.boolean(),
  keysOnly: fc.boolean(),
  countOnly: fc.boolean(),
  minModRevision: int64,
  maxModRevision: int64,
  minCreateRevision: int64,
  maxCreateRevision: int64,
});

/** Fields that no request of this version has: a later client's, all wire types. */
const unknownFields: fc.Arbitrary<Uint8Array> = fc
  .array(fc.tuple(fc.integer({ min: 100, max: 2 ** 29 - 1 }), fc.nat(4), bytes), { maxLength: 4 })
  .map((fields) => {
    const writer = new BinaryWriter();
    for (const [number, kind, content] of fields) {
      if (kind === 0) writer.tag(number, WireType.Varint).uint64(BigInt(content.length) << 40n);
      else if (kind === 1) writer.tag(number, WireType.Bit64).fixed64(7n);
      else if (kind === 2) writer.tag(number, WireType.LengthDelimited).bytes(content);
      else if (kind === 3) writer.tag(number, WireType.Bit32).fixed32(7);
      else writer.tag(number, WireType.StartGroup).tag(1, WireType.Varint).int32(5).tag(number, WireType.EndGroup);
    }
    return writer.finish();
  });

test("PutRequest: decoded as the library does, whatever unknown fields stand around", () => {
  fc.assert(
    fc.property(putRequest, unknownFields, unknownFields, (request, before, after) => {
      const encoded = Buffer.concat([before, toBinary(PutRequestSchema, create(PutRequestSchema, request)), after]);
      const { key, value, lease, prevKv, ignoreValue, ignoreLease } = fromBinary(PutRequestSchema, encoded);
      const expected = { key, value, lease, prevKv, ignoreValue, ignoreLease };
      assert.deepEqual(plain(decodePutRequest(encoded)), plain(expected));
    }),
  );
});

test("RangeRequest: decoded as the library does, integers cut to what is exact", () => {
  fc.assert(
    fc.property(rangeRequest, unknownFields, (request, after) => {
      const message = create(RangeRequestSchema, request as never);
      const encoded = Buffer.concat([toBinary(RangeRequestSchema, message), after]);
      const decoded = decodeRangeRequest(encoded);
      const expected = Object.fromEntries(
        Object.entries(request).map(([name, value]) => [name, typeof value === "bigint" ? exact(value) : value]),
      );
      assert.deepEqual(plain(decoded), plain(expected));
    }),
  );
});

test("a field given twice counts the last time, as the library has it", () => {
  const writer = new BinaryWriter();
  for (const key of ["first", "second"]) writer.tag(1, WireType.LengthDelimited).bytes(Buffer.from(key));
  const encoded = writer.finish();
  assert.equal(Buffer.from(decodePutRequest(encoded).key).toString(), "second");
  assert.equal(Buffer.from(fromBinary(PutRequestSchema, encoded).key).toString(), "second");
});

test("PutResponse: the same bytes as the library's", () => {
  fc.assert(
    fc.property(header, fc.option(keyValue, { nil: undefined }), (fields, previous) => {
      const message = create(PutResponseSchema, {
        header: headerMessage(fields),
        ...(previous === undefined ? {} : { prevKv: keyValueMessage(previous) }),
      });
      assert.deepEqual(
        hex(encodePutResponse(fields, { type: "put", previous })),
        hex(toBinary(PutResponseSchema, message)),
      );
    }),
  );
});

test("RangeResponse: the same bytes as the library's, from no item to many", () => {
  const result: fc.Arbitrary<RangeResult> = fc.record({
    type: fc.constant("range"),
    items: fc.array(keyValue, { maxLength: 20 }),
    more: fc.boolean(),
    count: natural,
  });
  fc.assert(
    fc.property(header, result, (fields, range) => {
      const message = create(RangeResponseSchema, {
        header: headerMessage(fields),
        kvs: range.items.map(keyValueMessage),
        more: range.more,
        count: BigInt(range.count),
      });
      assert.deepEqual(hex(encodeRangeResponse(fields, range)), hex(toBinary(RangeResponseSchema, message)));
    }),
  );
});

test("garbage gives a typed error or a message, and nothing else", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (garbage) => {
      for (const decode of [decodePutRequest, decodeRangeRequest]) {
        try {
          decode(garbage);
        } catch (error) {
          assert.ok(error instanceof MalformedMessageError, String(error));
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("every cut of a message is malformed, or a message with fewer fields", () => {
  fc.assert(
    fc.property(putRequest, fc.nat(), (request, at) => {
      const encoded = toBinary(PutRequestSchema, create(PutRequestSchema, request));
      const cut = encoded.subarray(0, at % (encoded.length + 1));
      try {
        const { key } = decodePutRequest(cut);
        assert.ok(key.length === 0 || Buffer.from(key).equals(request.key));
      } catch (error) {
        assert.ok(error instanceof MalformedMessageError, String(error));
      }
    }),
  );
});

const malformed: readonly [string, readonly number[]][] = [
  ["a byte string beyond the end", [0x0a, 5, 1]],
  ["a length beyond 32 bits", [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ["a length without its bytes", [0x0a]],
  ["an integer without its end", [0x18, 0x80]],
  ["an integer of eleven bytes", [0x18, ...Array<number>(10).fill(0x80), 1]],
  ["field number 0", [0x02, 0]],
  ["an end of a group that never began", [0x0c]],
  ["a group without its end", [0x6b, 0x08, 1]],
  ["a wire type that does not exist", [0x0f]],
  ["groups within groups", Array<number>(200).fill(0x6b)],
  ["four bytes wanted, three there", [0x6d, 1, 2, 3]],
];

for (const [what, message] of malformed) {
  test(`refused as malformed: ${what}`, () => {
    assert.throws(() => decodePutRequest(Uint8Array.from(message)), MalformedMessageError);
  });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** Byte strings as hexadecimal, so that views and copies compare alike. */
function plain(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, value instanceof Uint8Array ? hex(value) : value]),
  );
}
