// `npm start`: from a fresh clone to a serving three-member cluster. Arguments go to `quorate dev`.
import { join } from "node:path";
import { ensureBuilt, ensureInstalled, supportedNode } from "./prepare.mjs";
import { root, run } from "./run-command.mjs";

await ensureInstalled();
await ensureBuilt();
const quorate = join(root, "packages", "cli", "bin", "quorate.mjs");
const { code } = await run(supportedNode(), [quorate, "dev", ...process.argv.slice(2)], { forwardSignals: true });
process.exitCode = code;
