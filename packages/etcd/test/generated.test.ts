import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./support/single-member.ts";

const folder = fileURLToPath(new URL("..", import.meta.url));
const require = createRequire(import.meta.url);

test("src/generated is what `npm run generate` makes of the proto files", (context) => {
  const output = temporaryFolder(context);
  const buf = require.resolve("@bufbuild/buf/bin/buf");
  const plugins = join(dirname(require.resolve("@bufbuild/protoc-gen-es/package.json")), "..", "..", ".bin");
  execFileSync(process.execPath, [buf, "generate", "--output", output], {
    cwd: folder,
    env: { ...process.env, PATH: `${plugins}:${process.env["PATH"]}` },
  });
  const made = filesOf(join(output, "src", "generated"));
  assert.ok(made.size > 0);
  assert.deepEqual(filesOf(join(folder, "src", "generated")), made);
});

function filesOf(root: string): Map<string, string> {
  const names = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((path) => [path.slice(root.length), readFileSync(path, "utf8")]),
  );
}
