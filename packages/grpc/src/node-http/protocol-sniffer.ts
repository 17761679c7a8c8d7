import type { Socket } from "node:net";

/** What an HTTP/2 client sends first (RFC 9113 §3.4). No HTTP/1.1 request can begin with it. */
const prefaceStart = Buffer.from("PRI * HTTP/2.0", "latin1");

/**
 * Tells by its first bytes what a new connection speaks: HTTP/2 by prior knowledge, or HTTP/1.1. The bytes are put back for
 * whoever takes the socket over. `decided` is not called when the connection closes before, or nothing comes in time.
 */
export function sniffProtocol(socket: Socket, timeoutMs: number, decided: (protocol: "http1" | "http2") => void): void {
  let seen: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  const stop = (): void => {
    clearTimeout(timer);
    socket.off("data", onData).off("close", stop).off("error", ignore).off("end", onEnd);
  };
  const onEnd = (): void => {
    stop();
    socket.on("error", ignore).destroy();
  };
  const onData = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, prefaceStart.length);
    const matches = seen.compare(prefaceStart, 0, length, 0, length) === 0;
    if (matches && length < prefaceStart.length) return;
    stop();
    socket.pause();
    socket.unshift(seen);
    decided(matches ? "http2" : "http1");
  };
  socket.on("data", onData).on("close", stop).on("error", ignore).on("end", onEnd);
}

function ignore(): void {}
