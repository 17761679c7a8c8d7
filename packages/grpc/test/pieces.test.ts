import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { grpcCodeName, grpcCodes } from "../src/index.ts";
import { encodeStatusMessage } from "../src/status-message.ts";
import { parseTimeout } from "../src/timeout.ts";
import { frameMessage, UnaryRequest } from "../src/unary-request.ts";

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

test("a message cut anywhere is put together again, and holds no bytes once it is whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(400), { maxLength: 6 }), (message, cuts) => {
      const framed = frameMessage(message);
      const request = new UnaryRequest(300);
      const ends = [...cuts.map((cut) => Math.min(cut, framed.length)), framed.length].sort((a, b) => a - b);
      let from = 0;
      for (const end of ends) {
        assert.equal(request.add(framed.subarray(from, end)), undefined);
        from = end;
      }
      assert.deepEqual(Uint8Array.from(request.finish() ?? [9]), message);
      assert.equal(request.heldBytes, 0);
      assert.equal(request.add(Uint8Array.of(1))?.code, grpcCodes.internal);
    }),
  );
});

test("whatever bytes come, a request neither throws nor holds more than its limit", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
      const request = new UnaryRequest(100);
      for (const chunk of chunks) {
        if (request.add(chunk) !== undefined) break;
        assert.ok(request.heldBytes <= 100);
      }
      assert.ok((request.finish()?.length ?? 0) <= 100);
    }),
  );
});

test("codes have gRPC's names", () => {
  assert.equal(grpcCodeName(grpcCodes.ok), "OK");
  assert.equal(grpcCodeName(grpcCodes.invalidArgument), "InvalidArgument");
  assert.equal(grpcCodeName(grpcCodes.unauthenticated), "Unauthenticated");
});
