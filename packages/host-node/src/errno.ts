import { getSystemErrorMessage } from "node:util";
import type { HostErrorCode } from "@quorate/host";

/** Node's names of system errors (and a few of its own) in the words of `Host`. What is not here is `io`. */
const codes: Readonly<Record<string, HostErrorCode>> = {
  ENOENT: "not-found",
  EEXIST: "exists",
  ENOTEMPTY: "exists",
  ENOSPC: "no-space",
  EDQUOT: "no-space",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  EINVAL: "invalid",
  EISDIR: "invalid",
  ENOTDIR: "invalid",
  ELOOP: "invalid",
  ENAMETOOLONG: "invalid",
  ERR_OUT_OF_RANGE: "invalid",
  ERR_INVALID_ARG_TYPE: "invalid",
  ERR_INVALID_ARG_VALUE: "invalid",
  ERR_SOCKET_BAD_PORT: "invalid",
  ERR_SERVER_NOT_RUNNING: "closed",
  EADDRINUSE: "address-in-use",
  ECONNREFUSED: "refused",
  EHOSTUNREACH: "unreachable",
  EHOSTDOWN: "unreachable",
  ENETUNREACH: "unreachable",
  ENETDOWN: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  ETIMEDOUT: "unreachable",
  ENOTFOUND: "unreachable",
  EAI_AGAIN: "unreachable",
};

/** An error of the outside world as plain data, fit to cross threads. */
export interface Failure {
  readonly code: HostErrorCode;
  /** What went wrong, without the subject: "no space left on device (ENOSPC)". */
  readonly reason: string;
}

interface SystemError {
  readonly code?: unknown;
  readonly errno?: unknown;
}

function tlsReason({ reason, message }: Error & { readonly reason?: unknown }): string {
  const text = typeof reason === "string" ? reason : message;
  const plain = /wrong version number|http request|packet length too long/.test(text);
  return plain ? `${text}: does the other side speak TLS?` : text;
}

/** What people can do about a full disk. */
export const makeSpace = "make space there and start again: what was acknowledged is safe";

/** What a thrown or reported error means. */
export function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: "io", reason: String(error) };
  const { code, errno } = error as SystemError;
  if (typeof code !== "string") return { code: "io", reason: error.message };
  // OpenSSL's messages begin with the number of a thread and end with a line of its source.
  if (code.startsWith("ERR_SSL_")) return { code: "io", reason: `TLS: ${tlsReason(error)}` };
  const text = typeof errno === "number" && errno < 0 ? getSystemErrorMessage(errno) : error.message;
  const known = codes[code] ?? "io";
  return { code: known, reason: known === "no-space" ? `${text} (${code}); ${makeSpace}` : `${text} (${code})` };
}
