import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { root } from "../harness/quorate-command.ts";

/** Markdown files of the repository, as paths under its root. */
const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  ...under("docs"),
  ...under("packages"),
  ...under("examples"),
];

function under(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".md") && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));
}

/** Links to files of the repository: not to the web, not within the page. */
function linksOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = ""]) => target.split("#")[0] ?? "")
    .filter((target) => target !== "" && !/^[a-z]+:/.test(target));
}

/** Paths of sources that the text names, in backticks. */
function pathsOf(markdown: string): readonly string[] {
  return [
    ...markdown.matchAll(
      /`((?:packages|test\/(?:bench|clients|crash|harness|layers|process|scripts|smoke)|scripts|examples|docs)\/[\w./-]+)`/g,
    ),
  ].map(([, path = ""]) => path);
}

for (const document of documents) {
  test(`every file that ${document} names is there`, () => {
    const markdown = readFileSync(join(root, document), "utf8");
    const links = linksOf(markdown).filter((target) => !existsSync(join(root, dirname(document), target)));
    const paths = pathsOf(markdown).filter((path) => !existsSync(join(root, path)));
    assert.deepEqual([...links, ...paths], []);
  });
}

test("missing files would be found", () => {
  assert.deepEqual(linksOf("[a](b.md) [c](https://d) [e](#f) [g](h/i.md#j)"), ["b.md", "h/i.md"]);
  assert.deepEqual(
    pathsOf("`packages/raft/src/rules.ts`, `npm test`, `test/layers/house.ts`, `test/of-a-package.ts`"),
    ["packages/raft/src/rules.ts", "test/layers/house.ts"],
  );
});
