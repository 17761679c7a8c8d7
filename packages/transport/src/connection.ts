import { decodeUtf8 } from "@quorate/raft";
import { FrameReader } from "./frame-reader.ts";
import { frameTypes, goodbyeFrame, type FrameType } from "./frame.ts";
import type { TransportLimits } from "./limits.ts";
import type { Lane } from "./interface.ts";
import { SendQueue } from "./send-queue.ts";
import type { TransportHost, Wire, WireReceiver } from "./wire.ts";

/** What a connection reports to its lane. Nothing after `closed`, which comes at most once. */
export interface ConnectionEvents {
  /** A frame of any type but goodbye. Returns a sentence when it breaks the protocol. */
  frame(type: FrameType, payload: Uint8Array): string | undefined;
  /** Not called when this side closed it. */
  closed(reason: string): void;
}

/** Both sides' terms, settled by the handshake. */
export interface ConnectionTerms {
  readonly lane: Lane;
  /** See `connectionId`. */
  readonly id: number;
  /** The other side's start. */
  readonly incarnation: number;
  /** The largest message that the other side accepts, in bytes. */
  readonly peerMaxMessageBytes: number;
}

/** A wire on which both sides know each other: frames go out and come in, until it closes. */
export class Connection implements WireReceiver {
  readonly terms: ConnectionTerms;
  readonly #wire: Wire;
  readonly #limits: TransportLimits;
  readonly #events: ConnectionEvents;
  readonly #queue: SendQueue;
  readonly #reader: FrameReader;
  #violation: string | undefined;
  #receivedBytes = 0;
  #open = true;

  constructor(
    host: TransportHost,
    wire: Wire,
    limits: TransportLimits,
    terms: ConnectionTerms,
    events: ConnectionEvents,
  ) {
    this.terms = terms;
    this.#wire = wire;
    this.#limits = limits;
    this.#events = events;
    this.#queue = new SendQueue(wire, host.timers, limits[terms.lane]);
    this.#reader = new FrameReader(limits.maxMessageBytes, (type, payload) => this.#frame(type, payload));
    wire.receiveWith(this);
  }

  /** Bytes of frames so far, in each direction: both sides count from the end of the handshake. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get sentBytes(): number {
    return this.#queue.totalBytes;
  }

  /** The largest message that may be sent on this connection, in bytes. */
  get maxMessageBytes(): number {
    return Math.min(this.#limits.maxMessageBytes, this.terms.peerMaxMessageBytes);
  }

  /** Queues a frame for the end of this turn. False: its queue is full, or it is closed. */
  send(type: FrameType, chunks: readonly Uint8Array[], checkedChunks = chunks.length): boolean {
    return this.#open && this.#queue.push(type, chunks, checkedChunks);
  }

  /** Closes in order and tells the other side why. */
  closeWith(reason: string): void {
    if (!this.#open) return;
    this.#queue.flush();
    this.#wire.write(goodbyeFrame(reason));
    this.#end();
    this.#wire.finish(this.#limits.lingerMs);
  }

  /** Closes at once: the other side does not take in what is sent to it. */
  abort(): void {
    if (!this.#open) return;
    this.#end();
    this.#wire.abort();
  }

  data(bytes: Uint8Array): void {
    this.#receivedBytes += bytes.length;
    const violation = this.#reader.push(bytes) ?? this.#violation;
    if (violation === undefined || !this.#open) return;
    const reason = `the other side sent ${violation}`;
    this.closeWith(`it received ${violation}`);
    this.#events.closed(reason);
  }

  close(reason: string): void {
    if (!this.#open) return;
    this.#end();
    this.#events.closed(reason);
  }

  #frame(type: FrameType, payload: Uint8Array): void {
    if (type !== frameTypes.goodbye) {
      this.#violation = this.#events.frame(type, payload);
      if (this.#violation !== undefined) this.#reader.stop();
      return;
    }
    this.#end();
    this.#wire.finish(this.#limits.lingerMs);
    this.#events.closed(`the other side closed it: ${decodeUtf8(payload) ?? "its reason is not readable"}`);
  }

  #end(): void {
    this.#open = false;
    this.#reader.stop();
    this.#queue.clear();
  }
}

/**
 * A number for a connection that no other between the same two members and in the same two incarnations has: each side
 * numbers its own attempts, and the lowest bit says whose attempt it was.
 */
export function connectionId(number: number, dialerIsLower: boolean): number {
  return 2 * number + (dialerIsLower ? 0 : 1);
}
