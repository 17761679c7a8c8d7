import type { GrpcCode, GrpcStatus } from "./status.ts";

/**
 * What a service offers and what it is told of a call, whichever HTTP/2 engine is underneath. Messages are bytes: how they
 * are encoded is the service's own affair. Callbacks, no promises: this is the hot path.
 */
export interface UnaryMethod {
  /** Sets this apart from the streams that will stand beside it in `Method` (Watch, LeaseKeepAlive). */
  readonly kind: "unary";
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  /** Largest request message in bytes, instead of `ServerLimits.maxRequestBytes`. */
  readonly maxRequestBytes?: number;
  /**
   * Serves one call. `request` may be a view of a larger buffer: copy what is kept. Must call `respond` once; it may do so
   * from inside. What it throws is logged, and the client is told `internal`.
   */
  readonly handle: (call: Call, request: Uint8Array, respond: Respond) => void;
}

/** A union by `kind`, so that an engine must handle each kind of method that is added. */
export type Method = UnaryMethod;

/** Ends a call. `message` goes with `ok` only; without it the response message is empty. Later calls do nothing. */
export type Respond = (status: GrpcStatus, message?: Uint8Array) => void;

/** One call, as its handler sees it. */
export interface Call {
  readonly path: string;
  /** Who calls, for people: "127.0.0.1:40312". */
  readonly remote: string;
  /** Request metadata by lower-case name, as it was sent; the first value where there are several. */
  metadata(name: string): string | undefined;
  /** What is left of the client's deadline in ms, 0 once it has passed; undefined without a deadline. */
  remainingMs(): number | undefined;
  /** Nobody waits for the answer any more: the client went away or its deadline has passed. */
  readonly cancelled: boolean;
}

/** Told of every call that ended, for metrics. `path` is undefined where no such method exists. */
export type CallObserver = (path: string | undefined, code: GrpcCode) => void;
