import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNodeHost } from "../src/index.ts";
import type { NodeHost } from "../src/index.ts";

/** Runs `work` with a host and a temporary directory of its own, and leaves neither behind. */
export async function withHost(work: (host: NodeHost, directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "quorate-host-"));
  const host = createNodeHost();
  // A host's timers do not keep the process alive; a test that waits for one must.
  const alive = setInterval(() => {}, 1000);
  try {
    await work(host, directory);
  } finally {
    clearInterval(alive);
    await host.close();
    await rm(directory, { recursive: true, force: true });
  }
}
