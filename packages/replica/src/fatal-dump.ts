import { HostError, type LogFields } from "@quorate/host";
import { describeStatus, InvariantViolation, type RaftCore } from "@quorate/raft";

/** What is known of a member that stops by itself, for its log. */
export function fatalDump(core: RaftCore, error: Error): LogFields {
  return {
    status: describeStatus(core.status()),
    details: error instanceof InvariantViolation ? JSON.stringify(error.details) : undefined,
    // An error of the outside world names its place itself.
    stack: error instanceof HostError ? undefined : error.stack,
  };
}

/** What was thrown, as an error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error("something that is not an error was thrown", { cause: thrown });
}
