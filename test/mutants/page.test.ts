import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { readPage, variantKey } from "./entries.ts";
import { mutants } from "./mutants.ts";
import { scenarioVariants } from "./scenario-deaths.ts";

const page = readPage(readFileSync(fileURLToPath(new URL("../../docs/mutants.md", import.meta.url)), "utf8"));
const again = "run `npm run mutants -- --missing`, or all of it where one has changed";

test("docs/mutants.md tells of every planted bug, and of no other", () => {
  assert.deepEqual(
    [...page.bugs.keys()],
    Array.from(mutants, ({ name }) => name),
    again,
  );
});

test("docs/mutants.md tells where each bug is planted, what it breaks and within how many seeds it is caught", () => {
  for (const { name, place, breaks, seeds } of mutants) {
    const [, , where, what, , , budget = ""] = cellsOf(page.bugs.get(name)?.row ?? "");
    assert.deepEqual([where, what, Number.parseInt(budget, 10)], [place, breaks, seeds], `${name}: ${again}`);
  }
});

test("docs/mutants.md has every planted bug caught, by what is expected to notice it", () => {
  for (const { name, caughtBy } of mutants) {
    const { isCaught, noticedBy = [] } = page.bugs.get(name) ?? {};
    assert.ok(isCaught, `${name} is not caught`);
    assert.deepEqual(
      noticedBy.filter((property) => !caughtBy.includes(property)),
      [],
      `${name} is caught by what nobody expects: ${again}`,
    );
  }
});

test("docs/mutants.md tells of every broken variant of a scenario, and of no other", () => {
  assert.deepEqual([...page.variants.keys()], scenarioVariants().map(variantKey), again);
  for (const { what, isShown } of page.variants.values()) assert.ok(isShown, `${what} does not show`);
});

function cellsOf(row: string): string[] {
  return row.split(/(?<!\\)\|/).map((cell) => cell.trim());
}
