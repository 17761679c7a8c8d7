import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runQuorate } from "../../../test/harness/quorate-command.ts";

test("a port that is taken, or no port, is said in words", async (context) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const taken = await runQuorate(["lab", "--port", String((server.address() as AddressInfo).port)]);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /the port is in use: choose another with --port|The lab is not built here/);
  const none = await runQuorate(["lab", "--port", "70000"]);
  assert.equal(none.code, 2);
});

test("a file that is no kept run is refused before anything is served", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "quorate-lab-"));
  context.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "notes.json");
  await writeFile(path, "{}");
  const refused = await runQuorate(["lab", path]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /notes\.json: This is not a run of the simulator/);
  const missing = await runQuorate(["lab", join(folder, "nowhere.json")]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /ENOENT/);
});
