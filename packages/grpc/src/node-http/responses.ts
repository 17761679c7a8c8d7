import { constants, type ServerHttp2Stream } from "node:http2";
import { encodeStatusMessage } from "../status-message.ts";
import type { GrpcStatus } from "../status.ts";

/** How long a client that was refused may take to stop sending, in ms. */
const lingerMs = 1000;

export const responseHeaders = { ":status": 200, "content-type": "application/grpc" } as const;

function trailersOf({ code, message }: GrpcStatus): Record<string, string> {
  const trailers: Record<string, string> = { "grpc-status": String(code) };
  if (message !== "") trailers["grpc-message"] = encodeStatusMessage(message);
  return trailers;
}

/** The end of a response with a message. */
export function sendStatusTrailers(stream: ServerHttp2Stream, status: GrpcStatus): void {
  stream.sendTrailers(trailersOf(status));
}

/** A response without a message is its headers alone ("Trailers-Only"). */
export function endWithStatus(stream: ServerHttp2Stream, status: GrpcStatus, httpStatus = 200): void {
  stream.respond({ ...responseHeaders, ":status": httpStatus, ...trailersOf(status) }, { endStream: true });
}

/**
 * After an early answer: throws away what still comes of the request, and tells a client that goes on sending to stop
 * (RFC 9113 §8.1). Not at once: a reset overtakes the answer, which the client would then never see.
 */
export function discardRequest(stream: ServerHttp2Stream): void {
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), lingerMs);
  stream.on("close", () => clearTimeout(timer)).resume();
}
