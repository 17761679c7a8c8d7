import type { MemberReport } from "../serve/member-report.ts";

/** What the supervisor knows of one member at this moment. */
export interface MemberRow {
  readonly name: string;
  readonly clientUrl: string;
  readonly state: MemberState;
  /** The newest report of the running process; undefined until its first. */
  readonly report: MemberReport | undefined;
  /** Entries applied per second, over the last reports. */
  readonly appliedPerSecond: number;
}

export type MemberState =
  | { readonly kind: "running"; readonly pid: number }
  | { readonly kind: "waiting"; readonly reason: string; readonly restartInMs: number }
  | { readonly kind: "stopped"; readonly reason: string };
