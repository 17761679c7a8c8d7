/**
 * What the interfaces of `@quorate/host` promise, as cases that any host runs under any test runner: Node.js, the
 * simulator, the browser. A case gets a fresh fixture and rejects when the host breaks a promise.
 *
 * @packageDocumentation
 */
import type { ComplianceCase } from "./case.ts";
import { clockCases } from "./clock-cases.ts";
import { diskCases } from "./disk-cases.ts";
import { linkCases } from "./link-cases.ts";
import { randomCases } from "./random-cases.ts";
import { timerCases } from "./timer-cases.ts";

export { ComplianceError } from "./case.ts";
export type { ComplianceCase, ComplianceFixture } from "./case.ts";
export { clockCases, diskCases, linkCases, randomCases, timerCases };

/** All cases. */
export const hostCompliance: readonly ComplianceCase[] = [
  ...clockCases,
  ...randomCases,
  ...timerCases,
  ...diskCases,
  ...linkCases,
];
