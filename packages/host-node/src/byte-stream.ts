import type { Socket } from "node:net";
import { HostError } from "@quorate/host";
import type { ByteStream, ByteStreamEvents } from "@quorate/host";
import { failureOf } from "./errno.ts";
import type { TurnEnd } from "./turn-end.ts";

/** Chunks of one turn that are together no larger than this are copied into one; beyond it they are gathered by writev. */
const copyLimitBytes = 16 * 1024;

/** One socket as a `ByteStream`. What one turn writes goes out as one write of the system. */
export class NodeByteStream implements ByteStream {
  readonly remote: string;
  readonly #socket: Socket;
  readonly #turnEnd: TurnEnd;
  #events: ByteStreamEvents | undefined;
  /** Written in this turn. */
  #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #ending = false;
  #closed = false;
  #destroyed = false;
  #error: HostError | undefined;

  constructor(socket: Socket, remote: string, turnEnd: TurnEnd) {
    this.#socket = socket;
    this.remote = remote;
    this.#turnEnd = turnEnd;
  }

  get bufferedBytes(): number {
    return this.#closed ? 0 : this.#chunkBytes + this.#socket.writableLength;
  }

  /** Begins to report. Before this the socket must not have reported anything. `established`: the event that says it is open. */
  attach(events: ByteStreamEvents, established: "connect" | "secureConnect" = "connect"): void {
    this.#events = events;
    const socket = this.#socket;
    socket.on(established, () => {
      if (!this.#destroyed) events.open?.();
    });
    socket.on("data", (bytes: Buffer) => {
      // A plain array: `slice` of Node's Buffer is a view, and host-neutral code means a copy.
      if (!this.#destroyed) events.data(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    socket.on("error", (error) => {
      const { code, reason } = failureOf(error);
      this.#error = new HostError(code, this.remote, `the connection with ${this.remote} failed: ${reason}`, {
        cause: error,
      });
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#chunks = [];
      this.#chunkBytes = 0;
      events.close(this.#destroyed ? undefined : this.#error);
    });
  }

  write(chunks: readonly Uint8Array[]): void {
    if (this.#ending || this.#destroyed || this.#closed) return;
    const wasEmpty = this.#chunkBytes === 0;
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      this.#chunks.push(chunk);
      this.#chunkBytes += chunk.length;
    }
    if (wasEmpty && this.#chunkBytes > 0) this.#turnEnd.add(this.#flush);
  }

  pause(paused: boolean): void {
    if (paused) this.#socket.pause();
    else this.#socket.resume();
  }

  end(): void {
    if (this.#ending || this.#destroyed || this.#closed) return;
    this.#flush();
    this.#ending = true;
    this.#socket.end();
  }

  destroy(): void {
    if (this.#destroyed || this.#closed) return;
    this.#destroyed = true;
    this.#chunks = [];
    this.#chunkBytes = 0;
    this.#socket.destroy();
  }

  readonly #flush = (): void => {
    const chunks = this.#chunks;
    const bytes = this.#chunkBytes;
    if (bytes === 0 || this.#destroyed || this.#closed) return;
    this.#chunks = [];
    this.#chunkBytes = 0;
    const only = chunks.length === 1 ? chunks[0] : undefined;
    if (only !== undefined) this.#socket.write(only, this.#written);
    else if (bytes <= copyLimitBytes) this.#socket.write(Buffer.concat(chunks, bytes), this.#written);
    else this.#gather(chunks);
  };

  #gather(chunks: readonly Uint8Array[]): void {
    const last = chunks.length - 1;
    this.#socket.cork();
    for (const [index, chunk] of chunks.entries()) {
      if (index === last) this.#socket.write(chunk, this.#written);
      else this.#socket.write(chunk);
    }
    this.#socket.uncork();
  }

  readonly #written = (error?: Error | null): void => {
    if (error || this.#destroyed || this.#closed || this.bufferedBytes > 0) return;
    this.#events?.drain?.();
  };
}
