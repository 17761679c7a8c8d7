import { grpcCodes, type GrpcStatus } from "../status.ts";
import { unpack } from "./packing.ts";

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
 * Unpacks a message off the main loop. Never more than `maxBytes` of it: a few bytes can claim to be gigabytes. `done` is not
 * called when nobody wants it any more.
 */
export function decompress(
  encoding: string | undefined,
  message: Uint8Array,
  maxBytes: number,
  isWanted: () => boolean,
  done: (problem: GrpcStatus | undefined, message: Uint8Array) => void,
): void {
  if (encoding !== "gzip") {
    const problem = {
      code: grpcCodes.internal,
      message: "grpc: compressed flag set with identity or empty encoding",
    };
    return done(problem, message);
  }
  unpack(message, maxBytes, isWanted, (outcome) => {
    if (typeof outcome !== "string") return done(undefined, outcome);
    const problems: Readonly<Record<typeof outcome, GrpcStatus>> = {
      "too-large": {
        code: grpcCodes.resourceExhausted,
        message: `grpc: received message after decompression larger than max ${maxBytes}`,
      },
      malformed: { code: grpcCodes.internal, message: "grpc: failed to decompress the received message" },
      busy: { code: grpcCodes.resourceExhausted, message: "grpc: too many messages wait to be decompressed" },
    };
    done(problems[outcome], message);
  });
}

/** A response is compressed as its request was, if it is worth it. */
export function isWorthCompressing(encoding: string | undefined, message: Uint8Array): boolean {
  return encoding === "gzip" && message.length >= leastCompressedBytes;
}
