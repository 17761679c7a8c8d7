import { gunzip, gzip } from "node:zlib";
import { grpcCodes, type GrpcStatus } from "../status.ts";

/** What we can read and write (gRPC over HTTP/2, "Message-Encoding"). */
export const acceptedEncodings = "identity,gzip";

/** Smaller responses are not worth it. */
const leastCompressedBytes = 1024;

/** Why a call that comes in this encoding cannot be served, in the words that gRPC clients know. */
export function refusedEncoding(encoding: string | undefined): GrpcStatus | undefined {
  if (encoding === undefined || encoding === "identity" || encoding === "gzip") return undefined;
  const message = `grpc: Decompressor is not installed for grpc-encoding "${encoding}"`;
  return { code: grpcCodes.unimplemented, message };
}

/**
 * Unpacks a message off the main loop. Never more than `maxBytes` of it: a few bytes can claim to be gigabytes.
 */
export function decompress(
  encoding: string | undefined,
  message: Uint8Array,
  maxBytes: number,
  done: (problem: GrpcStatus | undefined, message: Uint8Array) => void,
): void {
  if (encoding !== "gzip") {
    const problem = {
      code: grpcCodes.internal,
      message: "grpc: compressed flag set with identity or empty encoding",
    };
    return done(problem, message);
  }
  gunzip(message, { maxOutputLength: Math.max(1, maxBytes) }, (error, plain) => {
    if (error === null) return done(undefined, plain);
    const isTooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    const problem = isTooLarge
      ? {
          code: grpcCodes.resourceExhausted,
          message: `grpc: received message after decompression larger than max ${maxBytes}`,
        }
      : { code: grpcCodes.internal, message: "grpc: failed to decompress the received message" };
    done(problem, message);
  });
}

/** A response is compressed as its request was, if it is worth it. */
export function isWorthCompressing(encoding: string | undefined, message: Uint8Array): boolean {
  return encoding === "gzip" && message.length >= leastCompressedBytes;
}

/** Packs a message off the main loop. */
export function compress(message: Uint8Array, done: (message: Uint8Array) => void): void {
  // It fails only for want of memory, and then we are lost in any case.
  gzip(message, { level: 1 }, (error, packed) => {
    if (error !== null) throw error;
    done(packed);
  });
}
