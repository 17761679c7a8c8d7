import type { Socket } from "node:net";
import { clientPreface } from "../http2/protocol.ts";

/** No HTTP/1.1 request can begin with "PRI * HTTP/2.0". */
const prefaceStart = clientPreface.subarray(0, 14);

/**
 * Tells by its first bytes what a new connection speaks: HTTP/2 by prior knowledge, or HTTP/1.1. Whoever takes
 * the paused socket over gets the bytes. `decided` is not called when the connection closes before, or nothing comes in time.
 */
export function sniffProtocol(
  socket: Socket,
  timeoutMs: number,
  decided: (protocol: "http1" | "http2", first: Buffer) => void,
): void {
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
    decided(matches ? "http2" : "http1", seen);
  };
  socket.on("data", onData).on("close", stop).on("error", ignore).on("end", onEnd);
}

function ignore(): void {}
