import { readFileSync } from "node:fs";
import { PlannerError } from "@quorate/planner";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { planInput } from "./plan-input.ts";
import type { PlanFlags } from "./plan-flags.ts";
import { planReport } from "./plan-report.ts";
import { formatPlan, planToJson } from "./print-plan.ts";
import { parseTable, type TimeTable } from "./time-table.ts";
import { writePicture } from "./write-picture.ts";

/** A table of more than this is no table of round trips. */
const mostTableBytes = 16 * 1024 * 1024;

/** `quorate plan`: what the options describe, or a running cluster. */
export async function runPlan(flags: PlanFlags): Promise<number> {
  try {
    if (flags.cluster !== undefined) {
      const { runPlanOfCluster } = await import("./cluster-command.ts");
      return await runPlanOfCluster(flags);
    }
    const report = planReport(planInput(flags, readTable(flags.rtt)));
    if (flags.svg !== undefined) writePicture(flags.svg, report);
    process.stdout.write(flags.json === true ? `${planToJson(report)}\n` : formatPlan(report));
    return exitCodes.done;
  } catch (error) {
    if (error instanceof PlannerError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** What does not look like a list of times is the name of a file. */
function readTable(rtt: string | undefined): TimeTable | undefined {
  if (rtt === undefined || /^[\d.,/\s]*$/.test(rtt)) return undefined;
  let text: string;
  try {
    text = readFileSync(rtt, "utf8");
  } catch (error) {
    throw new FailureError(
      `--rtt: ${rtt} is no list of times, and as a file it cannot be read: ${(error as Error).message}`,
    );
  }
  if (text.length > mostTableBytes) throw new FailureError(`--rtt: ${rtt} is larger than any table of round trips.`);
  return parseTable(rtt, text);
}
