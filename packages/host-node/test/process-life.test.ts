import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runModule } from "./child.ts";

test("an idle host with a timer and an open disk does not keep a process alive", { timeout: 20_000 }, async () => {
  const child = runModule(`
    import { createNodeHost } from "host-node";
    const host = createNodeHost();
    host.timers.after(600_000, () => {});
    host.disk.list("/", () => console.log("listed"));
  `);
  assert.equal(await child.line(), "listed");
  assert.equal(await child.ended, 0);
});

test("a process lives until its disk operations are done", { timeout: 20_000 }, async () => {
  const directory = await mkdtemp(join(tmpdir(), "quorate-life-"));
  const path = join(directory, "file");
  const child = runModule(`
    import { createNodeHost } from "host-node";
    const { disk } = createNodeHost();
    disk.create(${JSON.stringify(path)}, (error, file) => {
      for (let index = 0; index < 20; index++) file.writeAndSync(index * 1000, new Uint8Array(1000), () => {});
    });
  `);
  assert.equal(await child.ended, 0);
  assert.equal((await stat(path)).size, 20_000);
  await rm(directory, { recursive: true, force: true });
});

test("a closed host lets go of everything, its listeners and streams too", { timeout: 20_000 }, async () => {
  const child = runModule(`
    import { createNodeHost } from "host-node";
    const host = createNodeHost();
    const events = { data() {}, close() {} };
    host.links.listen({ host: "127.0.0.1", port: 0 }, () => events, (error, listener) => {
      host.links.connect(listener.address, { ...events, open: () => host.close().then(() => console.log("closed")) });
    });
  `);
  assert.equal(await child.line(), "closed");
  assert.equal(await child.ended, 0);
});

const built = fileURLToPath(new URL("../dist/index.js", import.meta.url));

test("the built package works too", {
  skip: existsSync(built) ? false : "not built: run tsc -b",
  timeout: 20_000,
}, () => {
  const code = `
    import { createNodeHost, openLevelEngine } from ${JSON.stringify(built)};
    const host = createNodeHost();
    host.disk.list("/", (error, entries) => console.log(error ?? entries.length > 0, typeof openLevelEngine));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", code], { encoding: "utf8" });
  assert.equal(stdout, "true function\n", stderr);
});
