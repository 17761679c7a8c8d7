/**
 * One live member of a cluster: core, durable log, peer links and a state machine. This is what a program embeds.
 *
 * @packageDocumentation
 */
export * from "./errors.ts";
export type * from "./interface.ts";
export type * from "./membership/membership-operation.ts";
export { memoryMachine } from "./memory-machine.ts";
export type { MemoryState } from "./memory-machine.ts";
export {
  defaultCheckpointPolicy,
  defaultReplicaLimits,
  defaultRequestTimeoutMs,
  defaultStateComparisonMs,
  defaultTransferPolicy,
} from "./options.ts";
export type {
  CheckpointPolicy,
  NetworkFactory,
  NetworkSetup,
  ReplicaLimits,
  ReplicaOptions,
  TransferPolicy,
} from "./options.ts";
export { decodeKnownStarts, knownStartsFile } from "./known-starts.ts";
export type { KnownStarts } from "./known-starts.ts";
export { maxQuestionBytes } from "./leader-question-codec.ts";
export { openReplica } from "./open-replica.ts";
export type { Opened } from "./open-replica.ts";
export { parsePeerUrl } from "./peer-addresses.ts";
export type * from "./state-machine.ts";
export type { ReceivedStates } from "./transfer/state-receiver.ts";
export type { SendingState, SentStates } from "./transfer/state-sender.ts";
export type { TransferStatus } from "./transfer/state-transfers.ts";
