import type { MemberAddress, MemberId, Timing } from "@quorate/raft";
import type { MembershipOperation } from "./membership-operation.ts";

const maxUrls = 16;
const maxTextLength = 2048;
const maxIds = 1000;

/** An operation out of JSON; undefined when it is none. */
export function readOperation(json: unknown): MembershipOperation | undefined {
  const fields = objectOf(json);
  if (fields === undefined) return undefined;
  const { kind, id } = fields;
  switch (kind) {
    case "add": {
      const member = readMember(fields["member"]);
      const { isPromotable } = fields;
      return member === undefined || typeof isPromotable !== "boolean" ? undefined : { kind, member, isPromotable };
    }
    case "update": {
      const member = readMember(fields["member"]);
      return member === undefined ? undefined : { kind, member };
    }
    case "remove":
    case "promote":
      return isId(id) ? { kind, id } : undefined;
    case "voters": {
      const { voters } = fields;
      return Array.isArray(voters) && voters.length <= maxIds && voters.every(isId) ? { kind, voters } : undefined;
    }
    case "timing": {
      const timing = readTiming(fields["timing"]);
      return timing === undefined ? undefined : { kind, timing };
    }
    case "abandon":
      return { kind };
    case "transfer": {
      const { to } = fields;
      if (to === undefined) return { kind, to: undefined };
      return isId(to) ? { kind, to } : undefined;
    }
    default:
      return undefined;
  }
}

function readMember(json: unknown): MemberAddress | undefined {
  const fields = objectOf(json);
  if (fields === undefined) return undefined;
  const { id, name, peerUrls, priority } = fields;
  if (!isId(id) || !isText(name) || !Array.isArray(peerUrls)) return undefined;
  if (peerUrls.length > maxUrls || !peerUrls.every(isText)) return undefined;
  if (priority === undefined) return { id, name, peerUrls };
  const isPriority = Number.isInteger(priority) && (priority as number) >= 0 && (priority as number) <= 100;
  return isPriority ? { id, name, peerUrls, priority: priority as number } : undefined;
}

function readTiming(json: unknown): Timing | undefined {
  const { electionTimeoutMs, clockDriftPpm } = objectOf(json) ?? {};
  if (!Number.isSafeInteger(electionTimeoutMs) || !Number.isSafeInteger(clockDriftPpm)) return undefined;
  return { electionTimeoutMs: electionTimeoutMs as number, clockDriftPpm: clockDriftPpm as number };
}

function objectOf(json: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof json === "object" && json !== null ? (json as Record<string, unknown>) : undefined;
}

function isId(value: unknown): value is MemberId {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= maxTextLength;
}
