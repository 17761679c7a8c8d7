import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { hostCompliance } from "@quorate/host/compliance";
import { createNodeHost } from "../src/index.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-compliance-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

for (const promise of hostCompliance) {
  test(promise.name, { timeout: 20_000 }, async () => {
    const host = createNodeHost();
    const directory = await mkdtemp(join(root, "case-"));
    // A host's timers do not keep the process alive; a test that waits for one must.
    const alive = setInterval(() => {}, 1000);
    try {
      const settle = <T>(start: (done: (value: T) => void) => void): Promise<T> => new Promise((done) => start(done));
      await promise.run({ host, directory, address: "127.0.0.1", settle });
    } finally {
      clearInterval(alive);
      await host.close();
    }
  });
}
