import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { isInstalled, isSupported } from "../../scripts/prepare.mjs";

test("the supported versions of Node.js are those of package.json", () => {
  for (const version of ["v22.18.0", "22.23.3", "24.11.0", "v26.0.0", "27.1.0"])
    assert.ok(isSupported(version), version);
  for (const version of ["v20.20.2", "22.17.9", "23.11.0", "24.10.0", "25.9.0"])
    assert.ok(!isSupported(version), version);
});

const lock = {
  "": {},
  "packages/a": { version: "0.1.0" },
  "node_modules/a": { link: true },
  "node_modules/needed": { version: "1.2.3" },
  "node_modules/other-platform": { version: "1.0.0", optional: true },
};

const installations: readonly { what: string; installed: object | undefined; expected: boolean }[] = [
  { what: "nothing", installed: undefined, expected: false },
  { what: "an empty node_modules", installed: {}, expected: false },
  {
    what: "all but what is for another platform",
    installed: { "node_modules/a": { link: true }, "node_modules/needed": { version: "1.2.3" } },
    expected: true,
  },
  {
    what: "an older version",
    installed: { "node_modules/a": { link: true }, "node_modules/needed": { version: "1.2.2" } },
    expected: false,
  },
  { what: "no link to a workspace", installed: { "node_modules/needed": { version: "1.2.3" } }, expected: false },
];

for (const { what, installed, expected } of installations) {
  test(`with ${what}, ${expected ? "nothing" : "everything"} is installed again`, () => {
    const folder = mkdtempSync(join(tmpdir(), "quorate-prepare-"));
    try {
      writeFileSync(join(folder, "package-lock.json"), JSON.stringify({ packages: lock }));
      mkdirSync(join(folder, "node_modules", "a"), { recursive: true });
      writeFileSync(join(folder, "node_modules", "a", "package.json"), "{}");
      if (installed !== undefined) {
        writeFileSync(join(folder, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
      }
      assert.equal(isInstalled(folder), expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
