import type { Http2Connection } from "../http2/connection.ts";
import { fieldValue, type RequestHead } from "../http2/request-head.ts";
import type { Http2Stream } from "../http2/stream.ts";
import type { Call, MethodLimits } from "../service.ts";
import { grpcCodes, type GrpcStatus } from "../status.ts";
import { refusedEncoding } from "./compression.ts";
import { binaryMetadata } from "./metadata.ts";
import type { Shared } from "./shared.ts";
import { parseTimeout } from "./timeout.ts";

/** A timer cannot wait longer than this; a later deadline is as good as none. */
const longestTimerMs = 2 ** 31 - 1;

export const deadlineExceeded: GrpcStatus = {
  code: grpcCodes.deadlineExceeded,
  message: "context deadline exceeded",
};
export const internalError: GrpcStatus = { code: grpcCodes.internal, message: "internal error" };
export const tooManyPartials: GrpcStatus = {
  code: grpcCodes.resourceExhausted,
  message: "grpc: too many bytes of unfinished requests: send again later",
};

/** What handlers see of a call, of whichever kind: who calls, with which metadata, until when. */
export class CallContext implements Call {
  readonly path: string;
  readonly connection: Http2Connection;
  readonly stream: Http2Stream;
  readonly head: RequestHead;
  cancelled = false;
  #deadline = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, connection: Http2Connection, stream: Http2Stream, head: RequestHead) {
    this.path = path;
    this.connection = connection;
    this.stream = stream;
    this.head = head;
  }

  get remote(): string {
    return this.connection.remote;
  }

  get clientName(): string | undefined {
    return this.connection.clientName;
  }

  metadata(name: string): string | undefined {
    return fieldValue(this.head, name);
  }

  binaryMetadata(name: string): Uint8Array | undefined {
    return binaryMetadata(this.head, name);
  }

  remainingMs(): number | undefined {
    if (this.#deadline === Number.POSITIVE_INFINITY) return undefined;
    return Math.max(0, this.#deadline - performance.now());
  }

  /** Reads the deadline; says why the call cannot be served, if so. */
  refusal(shared: Shared): GrpcStatus | undefined {
    const { timeout, encoding } = this.head;
    if (encoding !== undefined) {
      const refused = refusedEncoding(encoding);
      if (refused !== undefined) return refused;
    }
    if (timeout !== undefined) {
      const timeoutMs = parseTimeout(timeout);
      if (timeoutMs === undefined) return { code: grpcCodes.internal, message: "malformed grpc-timeout" };
      this.#deadline = performance.now() + timeoutMs;
    }
    return unsentRefusal(shared, this.connection, 0);
  }

  isOverdue(now: number): boolean {
    return now >= this.#deadline;
  }

  /** `passed` is called when the deadline passes, unless `disarm` comes first. A call that is answered at once needs no timer. */
  arm(passed: () => void): void {
    if (this.#deadline === Number.POSITIVE_INFINITY || this.#timer !== undefined) return;
    const ms = this.#deadline - performance.now();
    if (ms <= longestTimerMs) this.#timer = setTimeout(passed, Math.max(0, Math.ceil(ms)));
  }

  disarm(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
  }
}

/**
 * Unary responses up to here are always sent, and messages of streams with nothing waiting: most say that something was done, and a
 * connection has only so many calls.
 */
export const smallResponseBytes = 4096;

/**
 * A client that does not take its responses gets no more of them: no new calls, and nothing larger of those that were begun before, however
 * many they are. A response that is larger than a bound by itself is sent where nothing else waits.
 */
export function unsentRefusal(
  { limits, unsentBytes }: Shared,
  connection: Http2Connection,
  responseBytes: number,
): GrpcStatus | undefined {
  const own = connection.sender.unsentBytes;
  const isOwnTooMuch = own > 0 && own + responseBytes > limits.maxUnsentResponseBytes;
  const isTotalTooMuch = unsentBytes > 0 && unsentBytes + responseBytes > limits.maxUnsentTotalBytes;
  if (!isOwnTooMuch && !isTotalTooMuch) return undefined;
  const message = isOwnTooMuch
    ? `grpc: this connection does not take its responses (over ${limits.maxUnsentResponseBytes} bytes wait)`
    : "grpc: too many bytes of responses wait for their clients: call again later";
  return { code: grpcCodes.resourceExhausted, message };
}

export function maxRequestBytesOf(method: MethodLimits, { limits }: Shared): number {
  return method.maxRequestBytes ?? limits.maxRequestBytes;
}
