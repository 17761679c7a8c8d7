import type { AccessFlags } from "../client/access.ts";

/** Options of `quorate doctor`, as commander gives them. */
export interface DoctorFlags extends AccessFlags {
  readonly json?: true;
  readonly svg?: string;
  readonly timeline?: true;
  readonly brief?: true;
  readonly timeout: number;
  /** True without endpoints. */
  readonly cluster?: string | true;
  readonly bundle?: string;
}

/** How `quorate doctor` ends, besides the codes of all commands: something serious was found. */
export const seriousCode = 3;
