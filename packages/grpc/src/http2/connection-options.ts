import type { Socket } from "node:net";
import type { ServerLimits } from "../limits.ts";
import type { Http2Connection } from "./connection.ts";
import type { QueuedTotal } from "./output.ts";
import type { RequestHead } from "./request-head.ts";
import type { Http2Stream, StreamConsumer } from "./stream.ts";

/** Begins to serve a request. */
export interface RequestTaker {
  request(connection: Http2Connection, stream: Http2Stream, head: RequestHead): StreamConsumer;
  /** The header block is larger than allowed: answers that. */
  tooLarge(connection: Http2Connection, stream: Http2Stream): void;
}

export interface ConnectionOptions {
  readonly socket: Socket;
  /** Who the client is, for people. */
  readonly remote: string;
  /** As `Call.clientName`. */
  readonly clientName: string | undefined;
  readonly limits: ServerLimits;
  readonly requests: RequestTaker;
  readonly total: QueuedTotal;
  /** The client broke the protocol or a bound. */
  readonly onRefused: (remote: string, reason: string) => void;
  /** Our own code failed. */
  readonly onBroken: (error: unknown) => void;
  readonly onClosed: (connection: Http2Connection) => void;
}
