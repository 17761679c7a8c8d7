// `npm run bench`: see options.ts for how it is called, and docs/benchmarks.md for what it measures.
import { parseOptions, usage, WrongUse } from "./options.ts";
import { runProfile } from "./profile/run-profile.ts";

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) console.log(usage);
    else if (options.profile !== undefined) await runProfile(options, options.profile);
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}
