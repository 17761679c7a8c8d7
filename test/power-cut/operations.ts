import type { Promised } from "./sent-promises.ts";

/**
 * What a recorded program did to its files, in the order in which the system saw it. Paths are absolute; a directory is
 * named like a file. Bytes lie in one blob beside the list.
 */
export type Operation =
  /** An open that may create or empty the file. */
  | { readonly kind: "open"; readonly path: string; readonly create: boolean; readonly truncate: boolean }
  /** `offset` is undefined for a write at the end of the file. `at` is where the bytes begin in the blob. */
  | {
      readonly kind: "write";
      readonly path: string;
      readonly offset: number | undefined;
      readonly at: number;
      readonly length: number;
    }
  | { readonly kind: "truncate"; readonly path: string; readonly size: number }
  /** fsync or fdatasync, of a file or of a directory. */
  | { readonly kind: "sync"; readonly path: string }
  | { readonly kind: "rename" | "link"; readonly path: string; readonly to: string }
  | { readonly kind: "unlink" | "mkdir" | "rmdir"; readonly path: string }
  /** A member has sent a message to another that binds it. */
  | { readonly kind: "promise"; readonly promised: Promised }
  /** A client is about to ask for request number `id`. */
  | { readonly kind: "ask"; readonly id: number }
  /** A client has the answer: done, at this revision. */
  | { readonly kind: "acknowledged"; readonly id: number; readonly revision: number };

/**
 * Everything that happened to the files below a folder. Time is a list of moments: operation n begins where 2n stands in
 * `moments` and has returned where 2n + 1 stands. One that was under way when its process was killed never returns.
 */
export interface Recorded {
  /** The folder that holds the members' data directories; it was there, and durable, before the first operation. */
  readonly folder: string;
  readonly operations: readonly Operation[];
  readonly moments: readonly number[];
  readonly bytes: Uint8Array;
}

/** Operations on files, in contrast to what clients and members say. */
export type FileOperation = Exclude<Operation, { readonly kind: "ask" | "acknowledged" | "promise" }>;

export function isOnFiles(operation: Operation): operation is FileOperation {
  return operation.kind !== "ask" && operation.kind !== "acknowledged" && operation.kind !== "promise";
}

/** The operation of a moment. */
export function operationAt(recorded: Recorded, moment: number): Operation {
  return recorded.operations[(recorded.moments[moment] as number) >> 1] as Operation;
}

export function describeOperation(operation: Operation, folder: string): string {
  if (operation.kind === "ask") return `request ${operation.id} asked`;
  if (operation.kind === "acknowledged")
    return `request ${operation.id} acknowledged at revision ${operation.revision}`;
  if (operation.kind === "promise") {
    const { member, term, vote, match } = operation.promised;
    return `message of member ${member} in term ${term}, vote ${vote ?? "not said"}, match ${match ?? "not said"}`;
  }
  const path = operation.path.slice(folder.length + 1);
  if (operation.kind === "write") {
    return `write of ${operation.length} bytes to ${path} at ${operation.offset ?? "its end"}`;
  }
  if (operation.kind === "truncate") return `truncate ${path} to ${operation.size}`;
  if ("to" in operation) return `${operation.kind} ${path} to ${operation.to.slice(folder.length + 1)}`;
  return `${operation.kind} ${path}`;
}
