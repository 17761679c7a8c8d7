/** Takes what comes on a stream. None of these may throw. */
export interface StreamConsumer {
  /** Bytes of the body; `isLast`: the request ends with them. The memory is not used again. */
  data(bytes: Buffer, start: number, end: number, isLast: boolean): void;
  /** The request ended without further bytes. */
  ended(): void;
  /** Nothing more can be received or sent: the client has reset the stream, or its connection is lost. */
  aborted(): void;
  /** What was sent with `Sender.data` has gone out. */
  drained(): void;
  /** Called about every second, to end what takes too long. */
  sweep(now: number): void;
}

/** The server's side of one stream: a record that connection and sender keep. States are those of RFC 9113 §5.1. */
export class Http2Stream {
  readonly id: number;
  consumer: StreamConsumer;
  /** END_STREAM has come: "half-closed (remote)", or "closed" with the next. */
  remoteEnded = false;
  /** END_STREAM has been sent: "half-closed (local)". */
  localEnded = false;
  /** Out of the connection's table: nothing may be sent any more. */
  isClosed = false;
  /** How much the client allows us to send. Negative after it has reduced it (§6.9.2). */
  sendWindow: number;
  /** How much the client may still send. */
  receiveWindow: number;
  /** Received and consumed, but not given back to the client yet. */
  unreturned = 0;
  /** Of the body, by `content-length`; -1 when it was not said. */
  expectedBytes = -1;
  /** What waits for a window: the pieces from `queueHead` on, the first of them from `queueOffset` on. */
  queue: Uint8Array[] = noPieces;
  queueHead = 0;
  queueOffset = 0;
  queuedBytes = 0;
  /** Of responses that are being packed, or wait behind one that is: counted with what is queued. */
  packingBytes = 0;
  /** Follows the queue: END_STREAM with this header block, or on the last DATA frame. */
  trailers: Uint8Array | undefined;
  endsAfterQueue = false;
  /** Since when nothing of the queue could be sent, by `performance.now()`; 0 while it moves. */
  stalledSince = 0;

  constructor(id: number, consumer: StreamConsumer, sendWindow: number, receiveWindow: number) {
    this.id = id;
    this.consumer = consumer;
    this.sendWindow = sendWindow;
    this.receiveWindow = receiveWindow;
  }
}

/** Shared by all streams that have nothing queued, which is nearly all; never written to. */
export const noPieces: Uint8Array[] = [];

/** Of a stream before it has its consumer, and after it has lost it. */
export const deafConsumer: StreamConsumer = {
  data: () => {},
  ended: () => {},
  aborted: () => {},
  drained: () => {},
  sweep: () => {},
};
