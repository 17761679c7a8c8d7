/**
 * Everything that a Node.js program needs to replicate a state of its own: start a member, submit commands, read.
 *
 * @packageDocumentation
 */
export { startMember } from "./start-member.ts";
export type { Member, MemberOptions } from "./member-options.ts";
export { ReplicaError, ReplicaStartError } from "@quorate/replica";
export type {
  MembershipOperation,
  MembershipRefusal,
  MemoryState,
  ReplicaErrorCode,
  ReplicaStatus,
  StateMachine,
} from "@quorate/replica";
export { silentLogger } from "@quorate/host";
export type { LogFields, Logger } from "@quorate/host";
