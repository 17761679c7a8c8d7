import assert from "node:assert/strict";
import { test } from "node:test";
import { formatStateHashes, stateHashesToJson, verdictOf } from "../src/client/state-hashes.ts";

const hash = (value: number, compacted = 0n) => ({ hash: value, compactRevision: compacted });

test("states are equal when every member gave the same hash, and different when two differ", () => {
  assert.equal(verdictOf([hash(7), hash(7), hash(7)]), "equal");
  assert.equal(verdictOf([hash(7), hash(8), hash(7)]), "different");
  assert.equal(verdictOf([hash(7), hash(8), undefined]), "different");
  assert.equal(verdictOf([hash(7), undefined, hash(7)]), "incomplete");
  assert.equal(verdictOf([hash(7), hash(8, 5n)]), "incomplete", "they were compacted at different revisions");
  assert.equal(verdictOf([undefined]), "incomplete");
  assert.equal(verdictOf([]), "incomplete");
});

test("the comparison names every member, with its hash or what was wrong", () => {
  const result = {
    revision: 42,
    verdict: "different" as const,
    members: [
      { member: { name: "a", ID: 0x1fn }, hash: hash(0xab), problem: undefined },
      { member: { name: "longer name", ID: 2n }, hash: hash(0xffffffff), problem: undefined },
      { member: { name: "c", ID: 3n }, hash: undefined, problem: "no connection" },
    ],
  };
  assert.equal(
    formatStateHashes(result),
    [
      "MEMBER       HASH",
      "a            000000ab",
      "longer name  ffffffff",
      "c            no connection",
      "The states DIFFER at revision 42.",
      "",
    ].join("\n"),
  );
  const json = JSON.parse(stateHashesToJson(result)) as { verdict: string; members: { id: string; hash?: string }[] };
  assert.equal(json.verdict, "different");
  assert.deepEqual(
    json.members.map((member) => [member.id, member.hash]),
    [
      ["1f", "000000ab"],
      ["2", "ffffffff"],
      ["3", undefined],
    ],
  );
});
