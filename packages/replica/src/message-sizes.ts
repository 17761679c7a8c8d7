import { appendHeaderBytes, frameHeaderBytes, type Limits } from "@quorate/raft";
import { forwardHeaderBytes, forwardLengthBytes } from "./forwarding-codec.ts";
import type { ReplicaLimits } from "./options.ts";
import { chunkHeaderBytes, maxChunkBytes } from "./transfer/transfer-codec.ts";

type MessageLimits = Pick<Limits, "maxCommandBytes" | "maxAppendBytes"> &
  Pick<ReplicaLimits, "maxBatchBytes" | "maxBatchCommands">;

/** The byte before a message of the protocol. */
const prefixBytes = 1;

/**
 * The largest message that a member with these limits sends, in bytes: an append, commands passed on to a leader, or a part of
 * a state.
 */
export function largestMessage(limits: MessageLimits): number {
  const { maxCommandBytes, maxAppendBytes, maxBatchBytes, maxBatchCommands } = limits;
  // One entry goes, and one command, however large it is beside what usually travels together.
  const frames = Math.max(maxAppendBytes, frameHeaderBytes + maxCommandBytes);
  const batch = Math.max(forwardLengthBytes + maxCommandBytes, forwardLengthBytes * maxBatchCommands + maxBatchBytes);
  return Math.max(
    prefixBytes + appendHeaderBytes + frames,
    forwardHeaderBytes + batch,
    chunkHeaderBytes + maxChunkBytes,
  );
}
