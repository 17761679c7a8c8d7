import assert from "node:assert/strict";
import { test } from "node:test";
import { hashesOf, readComparison, tellSame, writeComparison } from "../src/links/comparison-link.ts";

const sides = [{ hash: "0123456789abcdef" }, { hash: "fedcba9876543210" }] as const;

test("a link to a moment of a comparison is read as it was written, beside what the reader has changed", () => {
  for (const changes of ["", "drift=7", "drift=7&seed=3"]) {
    for (const since of [undefined, 0, 1_234_567]) {
      for (const hashes of [undefined, hashesOf(sides)]) {
        const shared = { changes, since, hashes };
        const [, page, name, text = ""] = writeComparison("phantom-leader", shared).split("/");
        assert.deepEqual([page, name, readComparison(text)], ["compare", "phantom-leader", shared]);
      }
    }
  }
});

test("a moment or a hash that is none stays among the changes, for their reader to complain of", () => {
  for (const text of ["at=soon", "at=-1", "hash=xyz", "at=1e99"]) {
    assert.deepEqual(readComparison(text), { changes: text, since: undefined, hashes: undefined });
  }
});

test("whoever opens a link is told whether both histories are its sender's", () => {
  assert.equal(hashesOf(sides), "01234567.fedcba98");
  assert.match(tellSame("01234567.fedcba98", sides), /^These are the histories/);
  assert.match(tellSame("01234567.00000000", sides), /^These are not the histories/);
});
