import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { findViolations } from "./checker.ts";
import type { PackageSource } from "./checker.ts";
import { house } from "./house.ts";
import type { Layer } from "./house.ts";
import { findImports } from "./import-scanner.ts";
import { readPackages } from "./read-packages.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

test("every import, dependency and project reference in the repository points down", () => {
  assert.equal(findViolations(house, readPackages(root)).join("\n"), "");
});

test("raft and planner depend on nothing at all", () => {
  for (const layer of house.filter(({ name }) => name === "@quorate/raft" || name === "@quorate/planner")) {
    assert.deepEqual([layer.uses, layer.external, layer.node], [[], [], false]);
  }
});

test("the scanner finds every way to name a module, and nothing in comments", () => {
  const source = `
import a from "a";
import type { B } from "b";
import {
  c,
} from "c";
export * from "d";
export type { E } from "e";
import "f";
const g = await import("g");
type H = import("h").H;
const worker = new URL("./worker.ts", import.meta.url);
// import x from "commented";
/* import y from "blocked"; */
const text = "import z from elsewhere // not a comment";
import i from "i";
`;
  assert.deepEqual(
    findImports(source).map(({ specifier }) => specifier),
    ["a", "b", "c", "d", "e", "f", "g", "h", "./worker.ts", "i"],
  );
  assert.deepEqual(findImports('\n\nimport a from "a";')[0], { specifier: "a", line: 3 });
});

const layers: readonly Layer[] = [
  { folder: "packages/low", name: "low", uses: [], external: [], node: false },
  { folder: "packages/high", name: "high", uses: ["low"], external: ["pino"], node: true },
];

interface Overrides {
  readonly lowFolder?: string;
  readonly dependencies?: readonly string[];
  readonly references?: readonly string[];
}

function twoPackages(low: string, high: string, overrides: Overrides = {}): readonly PackageSource[] {
  return [
    {
      folder: overrides.lowFolder ?? "packages/low",
      manifest: { name: "low", dependencies: [], exports: ["."] },
      references: [],
      files: new Map([["packages/low/src/index.ts", low]]),
    },
    {
      folder: "packages/high",
      manifest: { name: "high", dependencies: overrides.dependencies ?? ["low"], exports: ["."] },
      references: overrides.references ?? ["packages/low"],
      files: new Map([["packages/high/src/index.ts", high]]),
    },
  ];
}

const fine = 'import { a } from "low";';

const bad: readonly { what: string; packages: readonly PackageSource[]; says: RegExp }[] = [
  {
    what: "an import upwards",
    packages: twoPackages('import "high";', fine),
    says: /low\/src\/index\.ts:1 imports high/,
  },
  {
    what: "a node: module in a host-neutral package",
    packages: twoPackages('import "node:fs";', fine),
    says: /host-neutral/,
  },
  { what: "a bare built-in", packages: twoPackages("", `${fine}\nimport "fs";`), says: /must import "node:fs"/ },
  {
    what: "an npm package that is not allowed",
    packages: twoPackages("", `${fine}\nimport "lodash";`),
    says: /imports lodash/,
  },
  {
    what: "another package's internals",
    packages: twoPackages("", 'import "low/src/x.ts";'),
    says: /an internal of low/,
  },
  {
    what: "a path into another package",
    packages: twoPackages("", `${fine}\nimport "../../low/src/index.ts";`),
    says: /reaches out/,
  },
  {
    what: "an undeclared dependency",
    packages: twoPackages("", fine, { dependencies: [] }),
    says: /does not declare low/,
  },
  {
    what: "a dependency that nothing imports",
    packages: twoPackages("", fine, { dependencies: ["low", "pino"] }),
    says: /declares pino, which no source imports/,
  },
  {
    what: "a missing project reference",
    packages: twoPackages("", fine, { references: [] }),
    says: /does not reference packages\/low/,
  },
  {
    what: "a package without a row",
    packages: twoPackages("", fine, { lowFolder: "packages/other" }),
    says: /packages\/other has no row/,
  },
];

test("a house that stands has no violations", () => {
  assert.deepEqual(findViolations(layers, twoPackages("", fine)), []);
});

for (const { what, packages, says } of bad) {
  test(`the checker catches ${what}`, () => {
    assert.match(findViolations(layers, packages).join("\n"), says);
  });
}

test("a table that points up is caught", () => {
  assert.match(findViolations([...layers].reverse(), []).join("\n"), /lets high use low, which is not below it/);
});
