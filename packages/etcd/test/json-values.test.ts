import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { JsonValues } from "../src/gateway/json-values.ts";

/** The values that are found in some pieces, as text. */
function valuesIn(pieces: readonly Uint8Array[], maxBytes = 1_000_000): string[] {
  const values = new JsonValues(maxBytes);
  const found: string[] = [];
  const take = (value: Uint8Array | undefined): boolean => {
    if (value !== undefined) found.push(Buffer.from(value).toString());
    return value !== undefined;
  };
  for (const piece of pieces) {
    values.add(piece);
    while (take(values.next()));
  }
  take(values.end());
  return found;
}

function cut(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

test("values that follow each other are found again, wherever the bytes are cut", () => {
  const object = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value));
  const space = fc.stringMatching(/^[ \t\r\n]{1,3}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(object, space)), fc.array(fc.nat()), (texts, cuts) => {
      const bytes = Buffer.from(texts.map(([text, after]) => text + after).join(""));
      assert.deepEqual(
        valuesIn(cut(bytes, cuts)),
        texts.map(([text]) => text),
      );
    }),
    { numRuns: 300 },
  );
});

test("values need nothing between them where they end by themselves", () => {
  const found = valuesIn([Buffer.from('{"a":"}\\"{"}[1]"x"{}7 null{}')]);
  assert.deepEqual(found, ['{"a":"}\\"{"}', "[1]", '"x"', "{}", "7", "null", "{}"]);
});

test("whatever comes, it is cut or refused, and no byte is in two values", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat()), (bytes, cuts) => {
      let found: string[] = [];
      try {
        found = valuesIn(cut(Buffer.from(Buffer.from(bytes).toString("latin1"), "latin1"), cuts));
      } catch {
        return;
      }
      assert.ok(found.join("").length <= bytes.length);
    }),
    { numRuns: 300 },
  );
});

/** What is refused at its last byte, with what Go's `encoding/json` says of it. */
const refusedAtOnce: readonly (readonly [text: string, words: string])[] = [
  ["{x", "invalid character 'x' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a",', "invalid character ',' after object key"],
  ['{"a":}', "invalid character '}' looking for beginning of value"],
  ['{"a":1]', "invalid character ']' after object key:value pair"],
  ["[1 2", "invalid character '2' after array element"],
  ["[,", "invalid character ',' looking for beginning of value"],
  ["[1,]", "invalid character ']' looking for beginning of value"],
  ['{"a\n', "invalid character '\\n' in string literal"],
  ["[\"\\'", "invalid character '\\'' in string escape code"],
  ['["\\u00g', "invalid character 'g' in \\u hexadecimal character escape"],
  ["[tru\n", "invalid character '\\n' in literal true (expecting 'e')"],
  ["[01", "invalid character '1' after array element"],
  ["[-]", "invalid character ']' in numeric literal"],
  ["[1.e", "invalid character 'e' after decimal point in numeric literal"],
  ['[1e"', "invalid character '\"' in exponent of numeric literal"],
  ["[1e+]", "invalid character ']' in exponent of numeric literal"],
  ["[".repeat(401), "JSON nested deeper than 400 levels"],
];

test("what can be the beginning of no value is refused at the byte that says so, and not before", () => {
  for (const [text, message] of refusedAtOnce) {
    const values = new JsonValues(1000);
    values.add(Buffer.from(text.slice(0, -1)));
    assert.equal(values.next(), undefined, text);
    values.add(Buffer.from(text.slice(-1)));
    assert.throws(() => values.next(), { kind: "malformed", message }, text);
    assert.equal(values.heldBytes, 0, "nothing is kept of it");
  }
});

test("what is found whole is what a JSON parser takes, however values are spoiled", () => {
  let [taken, refused] = [0, 0];
  const spoiled = fc.tuple(
    fc.jsonValue({ maxDepth: 3 }),
    fc.nat(),
    fc.nat(3),
    fc.stringMatching(/^[-+0-9.eE"\\{}[\],:ntfu \n]{0,2}$/),
  );
  fc.assert(
    fc.property(spoiled, fc.array(fc.nat()), ([value, at, removed, put], cuts) => {
      const json = JSON.stringify({ value });
      const from = 1 + (at % json.length);
      const text = json.slice(0, from) + put + json.slice(from + removed);
      let first: string | undefined;
      try {
        const values = new JsonValues(10_000);
        for (const piece of cut(Buffer.from(text), cuts)) {
          values.add(piece);
          const whole = values.next();
          if (whole === undefined) continue;
          first = Buffer.from(whole).toString();
          break;
        }
      } catch {
        refused++;
        return assert.throws(() => JSON.parse(text));
      }
      if (first === undefined) return assert.throws(() => JSON.parse(text));
      taken++;
      JSON.parse(first);
    }),
    { numRuns: 3000 },
  );
  assert.ok(taken > 100 && refused > 100, `${taken} were taken and ${refused} refused`);
});

test("half a value, one that is too large, and one that is nested too deep are refused", () => {
  assert.throws(() => valuesIn([Buffer.from('{"a":')]), { message: "unexpected EOF", kind: "malformed" });
  assert.throws(() => valuesIn([Buffer.from('"half')]), { kind: "malformed" });
  const large = Buffer.from(`{"a":"${"x".repeat(100)}"}`);
  assert.throws(() => valuesIn([large], 50), { message: "grpc: received message larger than max (108 vs. 50)" });
  assert.throws(() => valuesIn(cut(large, [10, 20, 60]), 50), { kind: "too-large" });
  assert.deepEqual(valuesIn([large, large], 108).length, 2);
  assert.throws(() => valuesIn([Buffer.from("[".repeat(201))]), { kind: "malformed" });
  assert.equal(valuesIn([Buffer.from("[".repeat(200) + "]".repeat(200))]).length, 1);
});
