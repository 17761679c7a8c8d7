/**
 * The Raft protocol: pure. Inputs go in (messages, proposals, time, completions), ordered effects come out.
 *
 * @packageDocumentation
 */
export { crc32c } from "./checksum.ts";
export { defaultTiming, isJoint, isMember, isVoter, maxRemoved, recipients } from "./configuration.ts";
export type { Configuration, MemberAddress, Timing } from "./configuration.ts";
export type { ConfigurationChange } from "./configuration-change.ts";
export * from "./effects.ts";
export {
  entryKinds,
  frameHeaderBytes,
  frameLengthAt,
  makeEntry,
  maxPayloadBytes,
  payloadOf,
  readEntry,
} from "./entry.ts";
export type { Entry, EntryKind } from "./entry.ts";
export { CorruptFrameError, InvariantViolation, MalformedMessageError } from "./errors.ts";
export type { ChangeRefusal, Refusal, TransferRefusal } from "./errors.ts";
export { readU32, readU53, writeU32, writeU53 } from "./integer-fields.ts";
export { invariant } from "./invariant.ts";
export * from "./message.ts";
export { appendHeaderBytes, decodeMessage, encodeMessage } from "./message-codec.ts";
export { initialHardState, roleNames } from "./types.ts";
export type { HardState, LogIndex, LogPosition, MemberId, RoleName, Term, TimeMs } from "./types.ts";
export { defaultLimits } from "./interface.ts";
export type * from "./interface.ts";
export { realRules } from "./rules.ts";
export type {
  Ballot,
  ChangeCheck,
  JointCheck,
  LeaderContact,
  PreBallot,
  PromotionCheck,
  ReadCheck,
  Rules,
  TransferCheck,
} from "./rules.ts";
export { decidedValue, electionOutcome, majority, majorityOutcome, majorityValue } from "./quorum.ts";
export type { ElectionOutcome, VoterSets } from "./quorum.ts";
export { decodeConfiguration, encodeConfiguration } from "./configuration-codec.ts";
export { createRaft } from "./raft.ts";
export { decodeUtf8, encodeUtf8 } from "./utf8.ts";
export { firstWireId } from "./wire-ids.ts";
export {
  describeConfiguration,
  describeEffect,
  describeEntries,
  describeEntry,
  describeMember,
  describeMessage,
  describePosition,
  describeStatus,
} from "./describe.ts";
