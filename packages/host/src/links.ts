import type { Callback, Done } from "./host.ts";
import type { HostError } from "./errors.ts";

/** A host name or an IP address, and a TCP port (0 to let the system choose when listening). */
export interface NetworkAddress {
  readonly host: string;
  readonly port: number;
  /** A stream to it is to be encrypted. It matters only to a host that opens streams of both kinds; others open all alike. */
  readonly secure?: boolean;
}

/** Reliable, ordered streams of bytes between addresses: TCP on Node.js. */
export interface Links {
  /**
   * Listens. `onStream` is called for each stream that a peer opens; it returns the events that the stream will deliver.
   * Completes with `address-in-use`, `denied` or `invalid`.
   */
  listen(address: NetworkAddress, onStream: (stream: ByteStream) => ByteStreamEvents, done: Callback<Listener>): void;
  /**
   * Opens a stream to an address. The stream is returned at once and may be written to at once; `events.open` says when
   * it is established, `events.close` that it never was, or no longer is.
   */
  connect(address: NetworkAddress, events: ByteStreamEvents): ByteStream;
}

export interface Listener {
  /** The address in fact bound, the port chosen by the system included. */
  readonly address: NetworkAddress;
  /** Stops accepting. Streams that exist go on. */
  close(done: Done): void;
}

export interface ByteStream {
  /** The other side, for people: "host:port". */
  readonly remote: string;
  /** Bytes written and not yet handed to the network; the caller bounds this. */
  readonly bufferedBytes: number;
  /** Queues bytes in order. The chunks must not be changed afterwards. Ignored once the stream is closed. */
  write(chunks: readonly Uint8Array[]): void;
  /** Stops (`true`) or resumes (`false`) the delivery of `data`: back-pressure on the sender. */
  pause(paused: boolean): void;
  /** Closes after what was written is sent. */
  end(): void;
  /** Closes at once and drops what was not sent. */
  destroy(): void;
}

/** What a stream reports. No event follows `close`. */
export interface ByteStreamEvents {
  open?(): void;
  /** The bytes are the callee's to keep, and may be views of a larger buffer. */
  data(bytes: Uint8Array): void;
  /** `bufferedBytes` has returned to zero after a write. */
  drain?(): void;
  /** Exactly once. Without an error: the other side ended in order, or this side destroyed. */
  close(error: HostError | undefined): void;
}
