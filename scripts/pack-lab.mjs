// Before the `quorate` package is packed: the lab is built, and put beside the command that serves it.
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./run-command.mjs";

const npm = process.platform === "win32" ? "npm.cmd" : "npm";
const { code } = await run(npm, ["run", "build", "--workspace=@quorate/lab"], {});
if (code === 0) {
  const site = join(root, "packages", "cli", "site");
  rmSync(site, { recursive: true, force: true });
  cpSync(join(root, "apps", "lab", "dist", "site"), site, { recursive: true });
}
process.exitCode = code ?? 1;
