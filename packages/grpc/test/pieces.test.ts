import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { grpcCodeName, grpcCodes } from "../src/index.ts";
import { encodeStatusMessage } from "../src/calls/status-message.ts";
import { parseTimeout } from "../src/calls/timeout.ts";
import { MessageReader } from "../src/calls/message-reader.ts";

test("a status message is printable ASCII on the wire, and decodes to what it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (message) => {
      const encoded = encodeStatusMessage(message);
      assert.match(encoded, /^[\x20-\x7e]*$/);
      assert.equal(decodeURIComponent(encoded), message);
    }),
  );
  assert.equal(encodeStatusMessage("100%"), "100%25");
  assert.equal(encodeStatusMessage("a\nb"), "a%0Ab");
});

test("timeouts of every unit are read; anything else is malformed", () => {
  const cases: readonly [string, number | undefined][] = [
    ["1H", 3_600_000],
    ["2M", 120_000],
    ["3S", 3000],
    ["4m", 4],
    ["5u", 0.005],
    ["6n", 0.000_006],
    ["99999999S", 99_999_999_000],
    ["0S", 0],
    ["123456789S", undefined],
    ["S", undefined],
    ["", undefined],
    ["5", undefined],
    ["5s", undefined],
    ["-5S", undefined],
    ["5.5S", undefined],
    [" 5S", undefined],
  ];
  for (const [header, expected] of cases) {
    const parsed = parseTimeout(header);
    if (expected === undefined || parsed === undefined) assert.equal(parsed, expected, header);
    else assert.ok(Math.abs(parsed - expected) < 1e-9, header);
  }
});

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

test("messages cut anywhere are put together again, and no bytes are held once they are whole", () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 4 });
  fc.assert(
    fc.property(messages, fc.array(fc.nat(1300), { maxLength: 6 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(framed));
      const reader = new MessageReader(300);
      const received: number[][] = [];
      const ends = [...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort((a, b) => a - b);
      let from = 0;
      for (const end of ends) {
        reader.add(bytes.subarray(from, end));
        for (let message = reader.next(); message !== undefined; message = reader.next()) received.push([...message]);
        from = end;
      }
      assert.deepEqual(
        received,
        sent.map((message) => [...message]),
      );
      assert.equal(reader.heldBytes, 0);
      assert.equal(reader.isAtStart, true);
    }),
  );
});

test("whatever bytes come, a reader neither throws nor holds more than its limit", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
      const reader = new MessageReader(100);
      for (const chunk of chunks) {
        reader.add(chunk);
        for (let message = reader.next(); message !== undefined; message = reader.next()) {
          assert.ok(message.length <= 100);
        }
        if (reader.problem !== undefined) break;
        assert.ok(reader.heldBytes <= 100);
      }
    }),
  );
});

test("a length that is only declared costs next to nothing", () => {
  const reader = new MessageReader(2 ** 31);
  reader.add(Uint8Array.of(0, 0x7f, 0xff, 0xff, 0xff));
  assert.equal(reader.next(), undefined);
  assert.equal(reader.heldBytes, 0);
  reader.add(Uint8Array.of(1));
  assert.equal(reader.next(), undefined);
  assert.ok(reader.heldBytes <= 16_384);
});

test("codes have gRPC's names", () => {
  assert.equal(grpcCodeName(grpcCodes.ok), "OK");
  assert.equal(grpcCodeName(grpcCodes.invalidArgument), "InvalidArgument");
  assert.equal(grpcCodeName(grpcCodes.unauthenticated), "Unauthenticated");
});
