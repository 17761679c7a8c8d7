import { writeFileSync } from "node:fs";
import { FailureError } from "../errors.ts";
import type { PlanReport } from "./plan-report.ts";
import { drawPlan } from "./plan-svg.ts";

export function writePicture(file: string, report: PlanReport): void {
  try {
    writeFileSync(file, drawPlan(report));
  } catch (error) {
    throw new FailureError(`${file} could not be written: ${(error as Error).message}`);
  }
}
