import { UsageError } from "../errors.ts";

const deniedCodes = new Set<unknown>(["denied", "EACCES", "EPERM"]);

/** The error for a log that cannot be read at all: no log, no right to read it, a disk that fails. Exit code 2. */
export function unreadable(error: Error): UsageError {
  const { code } = error as { readonly code?: unknown };
  const advice = deniedCodes.has(code) ? ". Run this as the user that the member runs as" : "";
  return new UsageError(`The log cannot be read: ${error.message}${advice}.`, { cause: error });
}
