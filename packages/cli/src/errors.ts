/** How the command ends, for scripts: 0 done, 1 failed, 2 called wrongly. */
export const exitCodes = { done: 0, failure: 1, usage: 2 } as const;

/** The command was called wrongly. The message says what and how to put it right; it is shown without a stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What was asked for could not be done: no server, a refused request. The message is shown without a stack. */
export class FailureError extends Error {
  override readonly name = "FailureError";
}
