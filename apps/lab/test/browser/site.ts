import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../..", import.meta.url));
const command = fileURLToPath(new URL("../../../../packages/cli/bin/quorate.mjs", import.meta.url));

export interface Site {
  readonly address: string;
  /** Where the built files are. */
  readonly folder: string;
  close(): Promise<void>;
}

/**
 * Builds the site in a folder of its own (several files of tests do so at a time), and serves it as a user would: with `quorate lab`, and
 * the file of a run where there is one.
 */
export async function startSite(run?: string): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "quorate-lab-"));
  await build({ root, configFile: join(root, "vite.config.ts"), logLevel: "error", build: { outDir: folder } });
  const args = [command, "lab", "--port", "0", "--site", folder, ...(run === undefined ? [] : [run])];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const [line = ""] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as string[];
  const address = /http:[^\s#]+/.exec(line)?.[0];
  if (address === undefined) throw new Error(`quorate lab said "${line}"`);
  return {
    address,
    folder,
    close: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
