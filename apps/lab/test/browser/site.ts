import { spawn } from "node:child_process";
import { once } from "node:events";
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

/** Builds the site, and serves it as a user would: with `quorate lab`, and the file of a run where there is one. */
export async function startSite(run?: string): Promise<Site> {
  await build({ root, configFile: join(root, "vite.config.ts"), logLevel: "error" });
  const child = spawn(process.execPath, [command, "lab", "--port", "0", ...(run === undefined ? [] : [run])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  const [line = ""] = (await Promise.race([once(createInterface(child.stdout), "line"), ended])) as string[];
  const address = /http:[^\s#]+/.exec(line)?.[0];
  if (address === undefined) throw new Error(`quorate lab said "${line}"`);
  return {
    address,
    folder: join(root, "dist", "site"),
    close: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
