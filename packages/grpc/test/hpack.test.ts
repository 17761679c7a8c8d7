import assert from "node:assert/strict";
import { connect, type OutgoingHttpHeaders } from "node:http2";
import { test } from "node:test";
import fc from "fast-check";
import { HeaderDecoder, HpackError } from "../src/hpack/header-decoder.ts";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import { huffmanDecode, maxDecodedLength } from "../src/hpack/huffman-decoder.ts";
import { huffmanEncode, huffmanLength } from "../src/hpack/huffman-encoder.ts";
import { firstDynamicIndex, staticTable } from "../src/hpack/static-table.ts";
import { okStatus } from "../src/index.ts";
import { serve, unary } from "./grpc-client.ts";
import { requestExamples, responseExamples, singleFields } from "./rfc7541-examples.ts";

type Pair = readonly [string, string];

const bytesOf = (hex: string): Buffer => Buffer.from(hex.replaceAll(" ", ""), "hex");

function decode(decoder: HeaderDecoder, block: Uint8Array): Pair[] {
  const bytes = Buffer.from(block);
  return decoder.decode(bytes, 0, bytes.length).map(({ name, value }) => [name, value] as const);
}

for (const { name, blocks, tableBytes } of [...requestExamples, ...responseExamples]) {
  test(`RFC 7541 ${name}`, () => {
    const decoder = new HeaderDecoder(10_000);
    if (tableBytes !== undefined) decode(decoder, bytesOf(tableBytes));
    for (const [hex, fields, size] of blocks) {
      assert.deepEqual(decode(decoder, bytesOf(hex)), fields);
      assert.equal(decoder.tableBytes, size);
    }
  });
}

test("RFC 7541 C.1 and C.2: integers and single fields", () => {
  for (const [hex, field, size] of singleFields) {
    const decoder = new HeaderDecoder(10_000);
    assert.deepEqual(decode(decoder, bytesOf(hex)), [field]);
    assert.equal(decoder.tableBytes, size);
  }
  // C.1.2: 1337 with a prefix of 5 bits, as a table size.
  assert.deepEqual(decode(new HeaderDecoder(10_000), bytesOf("3f9a0a")), []);
});

test("what is encoded in Huffman's code is the shortest it can be, and decodes to what it was", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (text) => {
      const length = huffmanLength(text);
      const encoded = new Uint8Array(length);
      huffmanEncode(text, encoded, 0);
      const decoded = new Uint8Array(maxDecodedLength(length));
      assert.equal(huffmanDecode(encoded, 0, length, decoded), text.length);
      assert.deepEqual(decoded.subarray(0, text.length), text);
    }),
  );
});

test("wrong Huffman padding and an end-of-string symbol are refused (§5.2)", () => {
  const target = new Uint8Array(64);
  const cases: readonly [string, readonly number[]][] = [
    ["zeros as padding", [0b00011_000]],
    ["a whole byte of padding", [0b00011_111, 0xff]],
    ["end of string", [0xff, 0xff, 0xff, 0xff]],
  ];
  for (const [what, bytes] of cases)
    assert.equal(huffmanDecode(Uint8Array.from(bytes), 0, bytes.length, target), -1, what);
  assert.equal(huffmanDecode(Uint8Array.of(0b00011_111), 0, 1, target), 1);
});

test("blocks that break a rule are refused", () => {
  const cases: readonly [string, string][] = [
    ["index 0 (§6.1)", "80"],
    ["an index beyond both tables (§2.3.3)", "be"],
    ["a name's index beyond both tables", "7f00 0161"],
    ["a table size beyond what was offered (§6.3)", "3fe2 1f"],
    ["a table size after a field (§4.2)", "82 20"],
    ["a number that is cut off (§5.1)", "ff"],
    ["a number without end", "ff ff ff ff ff ff ff ff ff ff 00"],
    ["a string that is cut off", "0005 6162"],
    ["no string at all", "40"],
    ["a string of gigabytes", "007f ff ff ff 7f"],
    ["wrong Huffman padding", "0081 18 0161"],
  ];
  for (const [what, hex] of cases) assert.throws(() => decode(new HeaderDecoder(1000), bytesOf(hex)), HpackError, what);
});

test("whatever bytes come, a block is decoded or refused, within the bounds", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
      const decoder = new HeaderDecoder(500);
      for (const block of blocks) {
        try {
          const fields = decode(decoder, block);
          assert.ok(fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0) <= 500);
        } catch (error) {
          assert.ok(error instanceof HpackError);
          return;
        }
        assert.ok(decoder.tableBytes <= 4096);
      }
    }),
    { numRuns: 2000 },
  );
});

const token = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
const text = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  maxLength: 60,
});

test("fields that are encoded decode to what they were, on any connection", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(token, text), { maxLength: 20 }), (fields) => {
      assert.deepEqual(decode(new HeaderDecoder(100_000), encodeHeaders(fields)), fields);
    }),
  );
});

test("the dynamic table is what a plain list would be", () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("add" as const), name: token, value: text }),
      fc.record({ kind: fc.constant("index" as const), index: fc.nat(80) }),
      fc.record({ kind: fc.constant("resize" as const), bytes: fc.nat(4096) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const decoder = new HeaderDecoder(100_000);
      let list: Pair[] = [];
      let maxBytes = 4096;
      const size = ([name, value]: Pair): number => name.length + value.length + 32;
      const evict = (): void => {
        while (list.reduce((sum, pair) => sum + size(pair), 0) > maxBytes) list = list.slice(0, -1);
      };
      for (const step of all) {
        if (step.kind === "resize") {
          maxBytes = step.bytes;
          decode(decoder, integer(0x20, 0x1f, maxBytes));
        } else if (step.kind === "add") {
          const literal = [Buffer.of(0x40), string(step.name), string(step.value)];
          assert.deepEqual(decode(decoder, Buffer.concat(literal)), [[step.name, step.value]]);
          list = [[step.name, step.value], ...list];
        } else {
          const expected = list[step.index];
          const block = integer(0x80, 0x7f, firstDynamicIndex + step.index);
          if (expected === undefined) return assert.throws(() => decode(decoder, block), HpackError);
          assert.deepEqual(decode(decoder, block), [expected]);
        }
        evict();
        assert.equal(
          decoder.tableBytes,
          list.reduce((sum, pair) => sum + size(pair), 0),
        );
      }
    }),
  );
});

test("the static table has 61 entries, from :authority to www-authenticate", () => {
  assert.equal(staticTable.length, 62);
  assert.equal(staticTable[61]?.name, "www-authenticate");
  assert.equal(staticTable[31]?.name, "content-type");
});

test("Node's HTTP/2 client and this decoder agree on every header, block after block", async (context) => {
  const seen: (string | undefined)[] = [];
  let wanted: string[] = [];
  const look = unary("/test.Echo/Look", (call, _, respond) => {
    seen.push(...wanted.map((name) => call.metadata(name)));
    respond(okStatus);
  });
  const server = await serve(context, { methods: [look] });
  const session = connect(`http://127.0.0.1:${server.address.port}`);
  context.after(() => session.destroy());
  const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
  const name = token.map((end) => `x-${end}`);
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.tuple(name, value), { maxLength: 8, selector: ([key]) => key }),
      async (fields) => {
        wanted = fields.map(([key]) => key);
        seen.length = 0;
        const stream = session.request({
          ":method": "POST",
          ":path": "/test.Echo/Look",
          "content-type": "application/grpc",
          ...Object.fromEntries(fields),
        });
        stream.resume().end(Uint8Array.of(0, 0, 0, 0, 0));
        await new Promise((resolve) => stream.on("close", resolve));
        assert.deepEqual(
          seen,
          fields.map(([, sent]) => sent),
        );
      },
    ),
    { numRuns: 150 },
  );
});

test("Node's HTTP/2 client reads what this encoder writes", async (context) => {
  let trailers: Record<string, string> = {};
  const say = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, undefined, trailers));
  const server = await serve(context, { methods: [say] });
  const session = connect(`http://127.0.0.1:${server.address.port}`);
  context.after(() => session.destroy());
  const value = fc.stringMatching(/^[!-~]([ -~]{0,40}[!-~])?$/);
  const name = token.map((end) => `x-${end}y`);
  await fc.assert(
    fc.asyncProperty(fc.dictionary(name, value, { maxKeys: 8 }), async (fields) => {
      trailers = fields;
      const stream = session.request({
        ":method": "POST",
        ":path": "/test.Echo/Say",
        "content-type": "application/grpc",
      });
      const received = new Promise<OutgoingHttpHeaders>((resolve) => stream.on("trailers", resolve));
      stream.resume().end(Uint8Array.of(0, 0, 0, 0, 0));
      const { "grpc-status": status, ...others } = await received;
      assert.equal(status, "0");
      assert.deepEqual(Object.entries(others), Object.entries(fields));
    }),
    { numRuns: 150 },
  );
});

test("a client that takes no dynamic table is told at once that there is none (§4.2)", async (context) => {
  const server = await serve(context, { methods: [unary("/test.Echo/Say", (_, __, respond) => respond(okStatus))] });
  const session = connect(`http://127.0.0.1:${server.address.port}`, { settings: { headerTableSize: 0 } });
  context.after(() => session.destroy());
  const stream = session.request({ ":method": "POST", ":path": "/test.Echo/Say", "content-type": "application/grpc" });
  stream.resume().end(Uint8Array.of(0, 0, 0, 0, 0));
  const status = await new Promise((resolve) => stream.on("trailers", (fields) => resolve(fields["grpc-status"])));
  assert.equal(status, "0");
});

function integer(pattern: number, mask: number, value: number): Buffer {
  if (value < mask) return Buffer.of(pattern | value);
  const bytes = [pattern | mask];
  let rest = value - mask;
  for (; rest >= 0x80; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
}

function string(plain: string): Buffer {
  return Buffer.concat([integer(0, 0x7f, plain.length), Buffer.from(plain, "latin1")]);
}
