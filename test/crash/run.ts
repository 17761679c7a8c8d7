// `npm run crash`: see options.ts for how it is called, and docs/crash-lab.md for what it does.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { root } from "../harness/quorate-command.ts";
import { Laboratory } from "./laboratory.ts";
import { MembersLaboratory } from "./members/laboratory.ts";
import type { CrashOptions } from "./options.ts";
import { parseOptions, usage, WrongUse } from "./options.ts";
import { describeReport, ledgerRow } from "./report.ts";

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 31));
    if (options !== undefined) return await run(options);
    console.log(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function run(options: CrashOptions): Promise<number> {
  const { minutes, seed, operationsPerSecond, jsonPath } = options;
  console.log(
    `seed ${seed}; the same schedule of faults again (real processes keep no exact time, so not the same run):`,
  );
  console.log(
    `  npm run crash -- --minutes ${minutes} --seed ${seed} --rate ${operationsPerSecond}${options.members ? " --members" : ""}`,
  );
  const print = (line: string) => console.log(line);
  const laboratory = await (options.members ? MembersLaboratory : Laboratory).open(options, print);
  console.log(`data folders, logs and history: ${laboratory.folder}`);
  endOnSignal(laboratory);
  const report = await laboratory.run();
  await laboratory.close();
  console.log(describeReport(report));
  console.log("\nFor docs/verification.md:");
  console.log(ledgerRow(report, options, commit(), new Date().toISOString().slice(0, 10)));
  if (jsonPath !== undefined) writeFileSync(jsonPath, `${JSON.stringify(report, undefined, 2)}\n`);
  return report.findings.length === 0 ? 0 : 1;
}

/** The first signal ends the faults, the second everything: members end when this process does. */
function endOnSignal(laboratory: Pick<Laboratory, "end">): void {
  let asked = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (asked) process.exit(1);
      asked = true;
      console.log(`${signal}: no more faults; the checks follow`);
      laboratory.end();
    });
  }
}

function commit(): string {
  const git = (...args: readonly string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
  try {
    return `${git("rev-parse", "--short=7", "HEAD")}${git("status", "--porcelain") === "" ? "" : " + changes"}`;
  } catch {
    return "unknown";
  }
}
