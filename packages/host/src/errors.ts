/** What can go wrong outside. Codes are ours, so that callers never match on one platform's error names. */
export const hostErrorCodes = [
  "not-found",
  "exists",
  "no-space",
  "io",
  "locked",
  "closed",
  "refused",
  "unreachable",
  "address-in-use",
  "denied",
  "invalid",
  /** What is stored is not what was written. */
  "corrupt",
] as const;

export type HostErrorCode = (typeof hostErrorCodes)[number];

/** An error of the outside world. `subject` is the path or the address that it concerns. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostErrorCode;
  readonly subject: string;

  constructor(code: HostErrorCode, subject: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.subject = subject;
  }
}
