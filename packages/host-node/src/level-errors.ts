import { HostError } from "@quorate/host";
import type { Callback, HostErrorCode } from "@quorate/host";
import { makeSpace } from "./errno.ts";

/** What LevelDB's messages (texts of the system, through the binding) mean. The first that fits. */
const meanings: readonly (readonly [RegExp, HostErrorCode])[] = [
  [/no space left|quota exceeded/i, "no-space"],
  [/permission denied|read-only file system|operation not permitted/i, "denied"],
  [/no such file/i, "not-found"],
];

interface LevelError {
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** An error of the binding, or its cause where it is only a wrapper, as an error of the host about `directory`. */
export function levelHostError(error: unknown, directory: string): HostError {
  const root = rootOf(error);
  if (root instanceof HostError) return root;
  const code = (root as LevelError).code;
  const text = root instanceof Error ? root.message : String(root);
  if (code === "LEVEL_LOCKED") {
    const message = `${directory} is locked: another process uses it; stop that one, or choose another directory`;
    return new HostError("locked", directory, message, { cause: error });
  }
  if (code === "LEVEL_DATABASE_NOT_OPEN" || code === "LEVEL_ITERATOR_NOT_OPEN" || code === "LEVEL_SNAPSHOT_NOT_OPEN") {
    return new HostError("closed", directory, `${directory}: ${text}`, { cause: error });
  }
  if (code === "LEVEL_ITERATOR_BUSY") {
    return new HostError("invalid", directory, `${directory}: ${text}; wait for the page before`, { cause: error });
  }
  if (code === "LEVEL_CORRUPTION") {
    const message = `the database in ${directory} is damaged: ${text}; the state in it must be rebuilt`;
    return new HostError("corrupt", directory, message, { cause: error });
  }
  const meaning = meanings.find(([pattern]) => pattern.test(text))?.[1] ?? "io";
  const advice = meaning === "no-space" ? `; ${makeSpace}` : "";
  return new HostError(meaning, directory, `the database in ${directory} failed: ${text}${advice}`, { cause: error });
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof Error && root.cause instanceof Error) root = root.cause;
  return root;
}

/** Hands the outcome of one of the binding's promises to a completion, outside the promise: what throws there is thrown. */
export function report<T>(outcome: Promise<T>, directory: string, done: Callback<T>): void {
  outcome.then(
    (value) => process.nextTick(done, undefined, value),
    (error: unknown) => process.nextTick(done, levelHostError(error, directory), undefined),
  );
}
