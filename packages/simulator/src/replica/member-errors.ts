import { HostError } from "@quorate/host";
import { ReplicaStartError, StateDamagedError } from "@quorate/replica";
import { WalError } from "@quorate/wal";
import { SafetyViolation } from "../observation.ts";

/** Whether a disk without room is behind an error. */
export function isFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return (error instanceof HostError && error.code === "no-space") || isFull(error.cause);
}

/** Whether a disk or a log is behind an error. */
export function isOfDisk(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error instanceof HostError || error instanceof WalError || isOfDisk(error.cause);
}

/** The saved state is damaged, and nothing else is said to be: by who reads it at the start, or comes by it later. */
export function isDamagedState(error: Error): boolean {
  if (error instanceof ReplicaStartError) return error.code === "corrupt-state";
  return error instanceof StateDamagedError || (error instanceof HostError && error.code === "corrupt");
}

/** Damage has left nothing to start from: the log cannot be read, begins after what an empty state could take, or where nobody says who votes. */
export function leavesNothing(error: Error): boolean {
  if (error instanceof ReplicaStartError && (error.code === "state-mismatch" || error.code === "damaged-log"))
    return true;
  return error.cause instanceof WalError && error.cause.code === "corrupt";
}

/** What a checker found inside a member's call comes out wrapped by everyone on the way. */
export function throwViolationIn(error: unknown): void {
  if (error instanceof SafetyViolation) throw error;
  if (error instanceof Error) throwViolationIn(error.cause);
}
