import assert from "node:assert/strict";
import { test } from "node:test";
import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { Compare_CompareResult as Result, Compare_CompareTarget as Target, TxnRequestSchema } from "@quorate/etcd/api";
import fc from "fast-check";
import { parseTxn, TxnScript, words } from "../src/client/txn-script.ts";
import { UsageError } from "../src/errors.ts";

test("a transaction is comparisons, then what to do when they hold, then what to do else", () => {
  const script = [
    "# a comment",
    'mod("a") > "3"',
    "val('b c')   !=   x",
    'lease("l") = "7f"',
    "",
    'put "k 1" "line\\none" --lease=7f --prev-kv',
    "get k --prefix --sort-by=MODIFY --order=DESCEND --limit 2 --keys-only",
    "",
    "del a z",
    "",
  ].join("\n");
  const { compare, success, failure } = create(TxnRequestSchema, parseTxn(script));
  assert.deepEqual(
    compare.map(({ target, result, key }) => [target, result, Buffer.from(key).toString()]),
    [
      [Target.MOD, Result.GREATER, "a"],
      [Target.VALUE, Result.NOT_EQUAL, "b c"],
      [Target.LEASE, Result.EQUAL, "l"],
    ],
  );
  assert.equal(compare[2]?.targetUnion.value, 0x7fn);
  const put = success[0]?.request;
  assert.ok(put?.case === "requestPut");
  assert.deepEqual(
    [Buffer.from(put.value.key).toString(), Buffer.from(put.value.value).toString(), put.value.lease, put.value.prevKv],
    ["k 1", "line\none", 0x7fn, true],
  );
  const get = success[1]?.request;
  assert.ok(get?.case === "requestRange");
  assert.deepEqual([get.value.limit, get.value.keysOnly, Buffer.from(get.value.rangeEnd).toString()], [2n, true, "l"]);
  assert.equal(failure[0]?.request.case, "requestDeleteRange");
});

test("a quoted value may go on over lines, and what is left open is refused", () => {
  const parsed = create(TxnRequestSchema, parseTxn("\nput a 'one\n\ntwo'\n"));
  const put = parsed.success[0]?.request;
  assert.ok(put?.case === "requestPut");
  assert.equal(Buffer.from(put.value.value).toString(), "one\n\ntwo");
  const script = new TxnScript();
  script.add("");
  script.add("put a 'one");
  assert.throws(() => script.request(), UsageError);
});

test("a line that means nothing is refused with its number", () => {
  for (const [line, text] of [
    [1, 'size("a") = "1"'],
    [1, 'mod("a") = "x"'],
    [1, 'mod("a") = "1" "2"'],
    [2, "\nput a"],
    [2, "\nput a b c"],
    [2, "\nmove a b"],
    [2, "\nget a --limit=-1"],
    [2, "\nget a b --prefix"],
    [4, "\n\n\nput a b"],
  ] as const) {
    assert.throws(
      () => parseTxn(text),
      (error) => error instanceof UsageError && error.message.startsWith(`Line ${line}: `),
      text,
    );
  }
});

test("words in double quotes come back as they were written, whatever they hold", () => {
  const quoted = (text: string) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "grapheme" })), (texts) => {
      assert.deepEqual(words(texts.map(quoted).join(" ")), texts);
    }),
  );
});

test("any text is a transaction that can be sent, or refused: nothing else", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      "\n",
      "\n\n",
      "put ",
      "get ",
      "del ",
      'mod("a") = "1"',
      '"',
      "'",
      "--prefix",
      "--lease=1 ",
      "\\",
      " ",
    ),
    fc.string(),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      try {
        const request = create(TxnRequestSchema, parseTxn(pieces.join("")));
        fromBinary(TxnRequestSchema, toBinary(TxnRequestSchema, request));
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
      }
    }),
    { numRuns: 200 },
  );
});
