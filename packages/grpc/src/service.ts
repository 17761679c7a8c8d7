import type { GrpcCode, GrpcStatus } from "./status.ts";

export interface MethodLimits {
  /** Largest request message in bytes, instead of `ServerLimits.maxRequestBytes`. */
  readonly maxRequestBytes?: number;
}

/**
 * What a service offers and what it is told of a call, whichever HTTP/2 engine is underneath. Messages are bytes: how they
 * are encoded is the service's own affair. Callbacks, no promises: this is the hot path.
 */
export interface UnaryMethod extends MethodLimits {
  readonly kind: "unary";
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  /**
   * Serves one call. `request` may be a view of a larger buffer: copy what is kept. Must call `respond` once; it may do so
   * from inside. What it throws is logged, and the client is told `internal`.
   */
  readonly handle: (call: Call, request: Uint8Array, respond: Respond) => void;
}

/** Many messages in one direction or in both. */
export interface StreamingMethod extends MethodLimits {
  /** "server": one request message, many responses. "client": many requests, at most one response. "bidi": many of both. */
  readonly kind: "server-stream" | "client-stream" | "bidi-stream";
  /** "/etcdserverpb.Watch/Watch" */
  readonly path: string;
  /**
   * How far its messages may pass `ServerLimits.maxUnsentResponseBytes` and `maxUnsentTotalBytes`, in bytes; 0 unless given. For a method
   * that bounds by itself what its calls leave waiting: none is ended because calls of others have filled the room.
   */
  readonly unsentBudgetBytes?: number;
  /** Begins a call, before any of its messages. What it or its handler throws is logged, and the call ends with `internal`. */
  readonly open: (call: StreamCall) => StreamHandler;
}

/** A union by `kind`, so that an engine must handle each kind of method that is added. */
export type Method = UnaryMethod | StreamingMethod;

/**
 * Ends a call. `message` goes with `ok` only; without it the response message is empty. Later calls do nothing.
 * Throws a `RangeError` for metadata that cannot be sent.
 */
export type Respond = (status: GrpcStatus, message?: Uint8Array, trailers?: ResponseMetadata) => void;

/** By lower-case name. Names that end with "-bin" carry bytes, the others printable ASCII. */
export type ResponseMetadata = Readonly<Record<string, string | Uint8Array>>;

/** One call, as its handler sees it. */
export interface Call {
  readonly path: string;
  /** Who calls, for people: "127.0.0.1:40312". */
  readonly remote: string;
  /** The common name in the client's certificate, if it showed one that the server's authorities have signed. */
  readonly clientName: string | undefined;
  /** Request metadata by lower-case name, as it was sent; the first value where there are several. */
  metadata(name: string): string | undefined;
  /** The bytes of request metadata whose name ends with "-bin"; undefined when there is none, or it is not base64. */
  binaryMetadata(name: string): Uint8Array | undefined;
  /** What is left of the client's deadline in ms, 0 once it has passed; undefined without a deadline. */
  remainingMs(): number | undefined;
  /** Nobody waits for the answer any more: the client went away or its deadline has passed. */
  readonly cancelled: boolean;
}

/** A call of a streaming method. After its end, whoever ended it, nothing that is sent goes anywhere. */
export interface StreamCall extends Call {
  /** Sends the response's headers now, with these metadata; otherwise they go with the first message. Once, before it. */
  sendHeaders(metadata?: ResponseMetadata): void;
  /**
   * Sends a message, which must not change afterwards. False: more than 256 KiB wait for the client, so wait for `onDrain`
   * before the next. What is sent all the same is queued, unless it would pass `ServerLimits.maxUnsentResponseBytes` or
   * `maxUnsentTotalBytes`: then the call ends with `resourceExhausted`, `onCancel` is called from inside, and this is false too.
   */
  send(message: Uint8Array): boolean;
  /** Bytes that wait for the client. */
  readonly unsentBytes: number;
  /** Ends the call, after everything that was sent. Later calls do nothing. */
  end(status: GrpcStatus, trailers?: ResponseMetadata): void;
  /** No messages are delivered until `resume`; the client may send a window's worth (1 MiB) meanwhile. */
  pause(): void;
  resume(): void;
}

/** What a service does with a streaming call. */
export interface StreamHandler {
  /** A message. It may be a view of a larger buffer: copy what is kept. */
  onMessage(message: Uint8Array): void;
  /** The client has sent its last message. The call goes on until `StreamCall.end`. */
  onEnd(): void;
  /** After `send` returned false: everything that was sent is on its way. */
  onDrain?(): void;
  /** The call is over without `end`: the client has cancelled it, went away, or broke a rule, or the deadline has passed. Once. */
  onCancel?(): void;
}

/** Follows calls across programs. */
export interface CallTracer {
  /** A call begins. Gives what is told of its end; undefined when it is not followed. Must not throw. */
  begun(call: Pick<Call, "path" | "remote" | "metadata">): ((code: GrpcCode) => void) | undefined;
}
