import type { MemberReport } from "../serve/member-report.ts";

/** What the supervisor knows of one member at this moment. */
export interface MemberRow {
  readonly name: string;
  readonly clientUrl: string;
  readonly state: MemberState;
  /** As it last said; it outlives the process that said it. Undefined before the first report. */
  readonly memberId: number | undefined;
  /** The newest report of the running process; undefined until its first. */
  readonly report: MemberReport | undefined;
  /** Entries applied per second, over the last reports. */
  readonly appliedPerSecond: number;
}

export type MemberState =
  | { readonly kind: "running"; readonly pid: number }
  | { readonly kind: "waiting"; readonly reason: string; readonly restartInMs: number }
  | { readonly kind: "stopped"; readonly reason: string };
