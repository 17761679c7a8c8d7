// `npm run transfer-lab`: see options.ts for how it is called, and docs/membership-lab.md for what it does.
import { writeFileSync } from "node:fs";
import { TransferLaboratory } from "./laboratory.ts";
import type { TransferOptions } from "./options.ts";
import { parseOptions, usage, WrongUse } from "./options.ts";
import { describeReport } from "./report.ts";

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options !== undefined) return await run(options);
    console.log(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function run(options: TransferOptions): Promise<number> {
  const began = performance.now();
  const laboratory = await TransferLaboratory.open(options, (line) => {
    console.log(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}`);
  });
  console.log(`data folders and logs: ${laboratory.folder}`);
  try {
    const report = await laboratory.run();
    console.log(describeReport(report));
    if (options.jsonPath !== undefined) writeFileSync(options.jsonPath, `${JSON.stringify(report, undefined, 2)}\n`);
    return report.findings.length === 0 ? 0 : 1;
  } catch (error) {
    laboratory.findings.push(String(error));
    console.log(`the laboratory failed: ${(error as Error).stack}`);
    return 1;
  } finally {
    await laboratory.close();
  }
}
