/** What is wrong with a durable log, and where. */
export class WalError extends Error {
  override readonly name = "WalError";
  readonly code: WalErrorCode;
  /** The file or directory. */
  readonly path: string;
  /** Bytes from the start of the file, where that means something. */
  readonly offset: number | undefined;

  constructor(code: WalErrorCode, path: string, offset: number | undefined, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.path = path;
    this.offset = offset;
  }
}

/**
 * `wrong-cluster`, `wrong-member`: the directory belongs to another. `corrupt`: damage that cannot be quarantined.
 * `version`: written by a newer Quorate. `io`: the host's disk failed, see `cause`. `pruned`: no longer in the log.
 * Only to those who look: `no-log`: there is none. `no-owner`: nothing that can be read says whose log it is.
 */
export type WalErrorCode =
  | "wrong-cluster"
  | "wrong-member"
  | "corrupt"
  | "version"
  | "io"
  | "pruned"
  | "no-log"
  | "no-owner";
