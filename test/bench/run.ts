// `npm run bench`: see options.ts for how it is called, and docs/benchmarks.md for what it measures.
import { parseOptions, usage, WrongUse } from "./options.ts";
import { runProfile } from "./profile/run-profile.ts";
import { runBench } from "./run-bench.ts";
import { Running } from "./running.ts";
import { runTrace } from "./trace/run-trace.ts";

process.env["QUORATE_FROM"] ??= "dist";
const running = new Running();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void running.destroy().then(() => process.exit(1));
  });
}
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) console.log(usage);
    else if (options.trace) await runTrace(options, running);
    else if (options.profile === undefined) await runBench(options, running);
    else await runProfile(options, options.profile, running);
    return 0;
  } catch (error) {
    if (running.isEnding) return 1;
    if (!(error instanceof WrongUse)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  } finally {
    await running.destroy();
  }
}
