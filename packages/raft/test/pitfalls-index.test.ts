/** docs/pitfalls.md names a test for each pitfall that applies: every one of them exists. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

const repository = resolve(import.meta.dirname, "../../..");
const rows = readFileSync(join(repository, "docs/pitfalls.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| B\d/.test(line));

function source(path: string): string {
  const file = join(repository, path);
  assert.ok(existsSync(file), `${path} does not exist`);
  return readFileSync(file, "utf8");
}

/** The numbers of a row: "B08, B09, B10", or "B88 to B93". */
function numbersOf(row: string): number[] {
  const cell = row.split("|")[1] ?? "";
  const numbers = [...cell.matchAll(/B(\d+)/g)].map(([, number]) => Number(number));
  const [from, to] = numbers;
  if (!cell.includes(" to ") || from === undefined || to === undefined) return numbers;
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}

test("a row that names a test by its file has tests there that carry its numbers", () => {
  let named = 0;
  for (const row of rows) {
    for (const [, list] of row.matchAll(/test: ((?:`[a-z-]+`(?:, )?)+)/g)) {
      const files = [...(list ?? "").matchAll(/`([a-z-]+)`/g)].map(([, file]) => `packages/raft/test/${file}.test.ts`);
      const text = files.map(source).join("\n");
      for (const number of numbersOf(row)) {
        const name = `B${String(number).padStart(2, "0")}`;
        assert.match(text, new RegExp(`test\\(\\s*"[^"]*\\b${name}\\b`), `${name}: no test in ${files.join(", ")}`);
        named++;
      }
    }
  }
  assert.ok(named >= 45, `${named} pitfalls with a test of their number`);
});

test("a row that names a test in full names one that exists", () => {
  let named = 0;
  for (const row of rows) {
    for (const [, name, file, title] of row.matchAll(/`packages\/([a-z-]+)` `([a-z-]+\.test)`: "([^"]+)"/g)) {
      const path = `packages/${name}/test/${file}.ts`;
      assert.ok(source(path).includes(title ?? ""), `${path} has no "${title}"`);
      named++;
    }
  }
  assert.ok(named >= 20, `${named} tests named in full`);
});

test("every number from 1 to 100 has its row", () => {
  const found = new Set(rows.flatMap(numbersOf));
  const missing = Array.from({ length: 100 }, (_, at) => at + 1).filter((number) => !found.has(number));
  assert.deepEqual(missing, []);
});
