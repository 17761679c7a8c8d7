import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { quorateCommand, runQuorate } from "../../../test/harness/quorate-command.ts";

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

test("a build of one's own is served, and built again meanwhile; what is no build is said to be none", async (context) => {
  const folder = await mkdtemp(join(tmpdir(), "quorate-lab-"));
  context.after(() => rm(folder, { recursive: true }));
  const none = await runQuorate(["lab", "--site", folder]);
  assert.equal(none.code, 1);
  assert.match(none.stderr, /There is no build of the lab in .*: it has no index\.html/);

  await writeFile(join(folder, "index.html"), "old");
  await writeFile(join(folder, "page.js"), "old");
  const [program, ...first] = quorateCommand();
  const args = [...first, "lab", "--port", "0", "--site", folder];
  const lab = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  context.after(() => lab.kill("SIGKILL"));
  const ended = once(lab, "exit");
  const [line] = (await once(createInterface(lab.stdout), "line")) as [string];
  const address = /http:\S+/.exec(line)?.[0] ?? "";
  assert.equal(await (await fetch(address)).text(), "old");
  await writeFile(join(folder, "index.html"), "newer");
  await rm(join(folder, "page.js"));
  assert.equal(await (await fetch(address)).text(), "newer");
  assert.equal((await fetch(`${address}page.js`)).status, 404);
  if (process.platform === "linux") {
    // A file that is found, opened, and cannot be read.
    await symlink("/proc/self/mem", join(folder, "memory.js"));
    await fetch(`${address}memory.js`)
      .then((answer) => answer.text())
      .catch(() => "cut off");
  }
  assert.equal(await (await fetch(address)).text(), "newer");
  lab.kill("SIGTERM");
  assert.deepEqual(await ended, [0, null]);
});
