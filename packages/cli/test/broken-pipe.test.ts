import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("../bin/quorate.mjs", import.meta.url));

test("a reader that has seen enough ends the command in silence, as SIGPIPE would, and not as a success", async () => {
  const flags = ["--conditions=@quorate/source", "--disable-warning=ExperimentalWarning"];
  const child = spawn(process.execPath, [...flags, bin, "serve", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  // Before anything is written: the first write then finds nobody.
  child.stdout.destroy();
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number];
  assert.equal(errors, "");
  assert.equal(code, 141);
});
