/** Everything that a client can make the server hold has a bound. */
export interface ServerLimits {
  /** Largest request message, in bytes, where a method sets none of its own; and largest body of a plain HTTP request. */
  readonly maxRequestBytes: number;
  /** Connections at a time; more are closed at once. */
  readonly maxConnections: number;
  /** Calls at a time on one HTTP/2 connection; clients are told, and queue. */
  readonly maxConcurrentStreams: number;
  /** Header block of one request, in bytes (HTTP/2: as HPACK counts them). */
  readonly maxHeaderBytes: number;
  /** Bytes of request messages that have begun and not yet ended, over all connections. */
  readonly maxPartialRequestBytes: number;
  /** Response bytes of one connection that its client does not take; beyond it new calls are refused. */
  readonly maxUnsentResponseBytes: number;
  /** The same over all connections. Beyond either, larger responses to calls that were begun before are refused too, and streams end. */
  readonly maxUnsentTotalBytes: number;
  /** How long a connection may take until its first bytes say what it speaks, and a request until it is whole, in ms. */
  readonly receiveTimeoutMs: number;
  /** How long a client may take nothing at all of what is ready for it, in ms. */
  readonly sendStallTimeoutMs: number;
  /** Least distance of a client's pings, in ms; more often, and its connection is closed ("too_many_pings"). */
  readonly keepAliveMinMs: number;
  /** A connection that is silent for so long is asked whether it lives, in ms... */
  readonly keepAliveIntervalMs: number;
  /** ...and is closed when it says nothing for so long, in ms. */
  readonly keepAliveTimeoutMs: number;
  /** A websocket that is silent for so long is asked whether it lives, in ms: well below what proxies wait for. */
  readonly webSocketPingMs: number;
  /** How long `close` waits for calls under way before it cuts their connections, in ms. */
  readonly drainTimeoutMs: number;
}

export const defaultServerLimits: ServerLimits = {
  maxRequestBytes: 4 * 1024 * 1024,
  maxConnections: 10_000,
  maxConcurrentStreams: 4096,
  maxHeaderBytes: 16 * 1024,
  maxPartialRequestBytes: 256 * 1024 * 1024,
  maxUnsentResponseBytes: 256 * 1024 * 1024,
  maxUnsentTotalBytes: 512 * 1024 * 1024,
  receiveTimeoutMs: 30_000,
  sendStallTimeoutMs: 60_000,
  keepAliveMinMs: 5000,
  keepAliveIntervalMs: 2 * 60 * 60 * 1000,
  keepAliveTimeoutMs: 20_000,
  webSocketPingMs: 30_000,
  drainTimeoutMs: 5000,
};
