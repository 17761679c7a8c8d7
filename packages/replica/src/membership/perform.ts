import {
  describeMember,
  type ChangeRefusal,
  type Configuration,
  type RaftCore,
  type TimeMs,
  type TransferRefusal,
} from "@quorate/raft";
import type { Answer } from "./administration-codec.ts";
import type { MembershipOperation, MembershipRefusal } from "./membership-operation.ts";
import { isRefused, planChange } from "./plan-change.ts";

/** What a member makes of an operation: an answer, or (undefined) the end of a transfer has to be waited for. */
export function perform(core: RaftCore, now: TimeMs, operation: MembershipOperation): Answer | undefined {
  if (operation.kind === "transfer") {
    const refused = core.transferLeadership(now, operation.to);
    return refused === undefined ? undefined : refusedTransfer(refused.refusal);
  }
  if (operation.kind === "abandon") return placed(core.abandonChange(now));
  const change = planChange(core.status().configuration, operation);
  if (isRefused(change)) return { outcome: "refused", ...change };
  if (operation.kind === "promote" && !isReadyToVote(core, now, operation.id)) {
    const why = `member ${describeMember(operation.id)} is not up to date, or cannot be reached: wait until it has caught up`;
    return refuse("not-caught-up", why);
  }
  const answer = core.changeConfiguration(now, change);
  // What was asked for is so already: asked twice, or by two.
  if (!answer.ok && answer.refusal.reason === "no-change") return { outcome: "done" };
  return placed(answer);
}

/**
 * A learner that is promoted by hand must be of use as a voter at once (dissertation §4.2.1): the core asks for a majority of
 * the new voters only, among which it need not be. As in etcd it must hold nine tenths of the log; and it was heard of late.
 */
function isReadyToVote(core: RaftCore, now: TimeMs, id: number): boolean {
  const { role, last, followers, configuration } = core.status();
  if (role !== "leader") return true;
  const follower = followers.find((one) => one.id === id);
  if (follower === undefined) return false;
  return follower.match >= 0.9 * last.index && now - follower.heardAt < configuration.timing.electionTimeoutMs;
}

function placed(answer: ReturnType<RaftCore["changeConfiguration"]>): Answer {
  if (answer.ok) return { outcome: "placed", index: answer.firstIndex };
  return refuse(...changeRefusal(answer.refusal));
}

function changeRefusal(refusal: ChangeRefusal): [MembershipRefusal, string] {
  switch (refusal.reason) {
    case "not-leader":
      return ["not-leader", "this member does not lead"];
    case "transferring":
      return ["busy", `the leadership is on its way to member ${describeMember(refusal.to)}: try again soon`];
    case "invalid-change":
      return ["invalid", refusal.why];
    case "id-was-removed":
      return [
        "id-was-removed",
        `the id ${describeMember(refusal.id)} belonged to a member that was removed: give the new one another`,
      ];
    case "no-change":
      return ["invalid", "it is so already"];
    case "change-in-progress":
      return [
        "change-in-progress",
        `the change at entry ${refusal.index} is not finished: wait for its end` +
          (refusal.isJoint ? ", or abandon it" : ""),
      ];
    case "not-ready":
      return ["not-ready", "the leader is new and has not committed anything yet: try again soon"];
    case "not-caught-up": {
      const behind = refusal.behind.map((id) => describeMember(id)).join(", ");
      return [
        "not-caught-up",
        `${refusal.needed} of the new voters must be up to date and in reach, and these are not: ${behind}. ` +
          "Wait until they have caught up, or see why they cannot be reached",
      ];
    }
    case "nothing-to-abandon":
      return ["nothing-to-abandon", refusal.why];
  }
}

function refusedTransfer(refusal: TransferRefusal): Answer {
  switch (refusal.reason) {
    case "not-leader":
      return refuse("not-leader", "this member does not lead");
    case "transferring":
      return refuse("busy", `the leadership is on its way to member ${describeMember(refusal.to)} already`);
    case "invalid-target":
      return refuse("invalid", `member ${describeMember(refusal.to)} cannot lead: ${refusal.why}`);
    case "no-target":
      return refuse("transfer-failed", "no voter that could lead instead was heard of late");
  }
}

function refuse(refusal: MembershipRefusal, message: string): Answer {
  return { outcome: "refused", refusal, message };
}

/** Whether `configuration` is as an operation wanted it. */
export function isSatisfied(operation: MembershipOperation, configuration: Configuration): boolean {
  const { voters, outgoing, learners, members, timing } = configuration;
  const isListed = (id: number): boolean => voters.includes(id) || learners.includes(id);
  switch (operation.kind) {
    case "add":
      return isListed(operation.member.id);
    case "remove":
      return !isListed(operation.id);
    case "promote":
      return voters.includes(operation.id);
    case "update": {
      const { id, name, peerUrls, priority = 0 } = operation.member;
      const found = members.find((one) => one.id === id);
      if (found === undefined || found.name !== name || (found.priority ?? 0) !== priority) return false;
      return [...found.peerUrls].sort().join() === [...peerUrls].sort().join();
    }
    case "voters":
      return voters.length === new Set(operation.voters).size && voters.every((id) => operation.voters.includes(id));
    case "timing":
      return (
        timing.electionTimeoutMs === operation.timing.electionTimeoutMs &&
        timing.clockDriftPpm === operation.timing.clockDriftPpm
      );
    case "abandon":
    case "transfer":
      return outgoing.length === 0;
  }
}
