import {
  describeMember,
  isJoint,
  isMember,
  type Configuration,
  type ConfigurationChange,
  type MemberAddress,
  type MemberId,
} from "@quorate/raft";
import type { MembershipOperation, MembershipRefusal } from "./membership-operation.ts";

export interface RefusedOperation {
  readonly refusal: MembershipRefusal;
  /** A sentence that says what to do. */
  readonly message: string;
}

type Change = ConfigurationChange | RefusedOperation;

/** Whether a plan was refused. */
export function isRefused(change: Change): change is RefusedOperation {
  return "refusal" in change;
}

/** What a leader asks of its core for an operation, with `present` in force. Leadership and going back are not changes. */
export function planChange(
  present: Configuration,
  operation: Exclude<MembershipOperation, { readonly kind: "abandon" | "transfer" }>,
): Change {
  if (isJoint(present) && operation.kind !== "update") {
    return refuse("change-in-progress", "a change of the members is under way: wait for its end, or abandon it");
  }
  switch (operation.kind) {
    case "add":
      return add(present, operation.member, operation.isPromotable);
    case "remove":
      return remove(present, operation.id);
    case "promote":
      return promote(present, operation.id);
    case "update":
      return update(present, operation.member);
    case "voters":
      return setVoters(present, operation.voters);
    case "timing":
      return { timing: operation.timing };
  }
}

function add(present: Configuration, member: MemberAddress, isPromotable: boolean): Change {
  const { id } = member;
  if (isMember(present, id))
    return refuse("id-in-use", `a member has the id ${describeMember(id)} already: give the new one another`);
  if (present.removed.includes(id)) {
    return refuse(
      "id-was-removed",
      `the id ${describeMember(id)} belonged to a member that was removed: give the new one another`,
    );
  }
  const clash = clashing(present, member);
  if (clash !== undefined) return clash;
  return {
    learners: sorted([...present.learners, id]),
    promotable: isPromotable ? sorted([...present.promotable, id]) : present.promotable,
    members: withMember(present, member),
  };
}

function remove(present: Configuration, id: MemberId): Change {
  if (!isMember(present, id)) return unknown(id);
  const voters = present.voters.filter((voter) => voter !== id);
  if (voters.length === 0) {
    return refuse("no-voters-left", "the only voter cannot be removed: add and promote another member first");
  }
  return { voters, learners: present.learners.filter((learner) => learner !== id) };
}

function promote(present: Configuration, id: MemberId): Change {
  if (!isMember(present, id)) return unknown(id);
  if (!present.learners.includes(id)) return refuse("not-a-learner", `member ${describeMember(id)} votes already`);
  return { voters: sorted([...present.voters, id]), learners: present.learners.filter((learner) => learner !== id) };
}

function update(present: Configuration, member: MemberAddress): Change {
  if (!isMember(present, member.id)) return unknown(member.id);
  return clashing(present, member) ?? { members: withMember(present, member) };
}

function setVoters(present: Configuration, voters: readonly MemberId[]): Change {
  const wanted = sorted([...new Set(voters)]);
  if (wanted.length === 0) return refuse("no-voters-left", "a cluster needs a voter: name at least one");
  const stranger = wanted.find((id) => !isMember(present, id));
  if (stranger !== undefined) {
    return refuse(
      "unknown-member",
      `there is no member ${describeMember(stranger)}: add it first, and let it catch up`,
    );
  }
  return { voters: wanted, learners: present.learners.filter((learner) => !wanted.includes(learner)) };
}

/** The addresses of all members, with a new or changed one. (`members` also names some that left of late.) */
function withMember(present: Configuration, member: MemberAddress): MemberAddress[] {
  return [...present.members.filter(({ id }) => id !== member.id && isMember(present, id)), member];
}

function clashing(present: Configuration, member: MemberAddress): RefusedOperation | undefined {
  const others = present.members.filter(({ id }) => id !== member.id && isMember(present, id));
  const sameUrl = others.find(({ peerUrls }) => peerUrls.some((url) => member.peerUrls.includes(url)));
  if (sameUrl !== undefined) {
    return refuse("address-in-use", `member ${sameUrl.name} is reached at ${member.peerUrls.join(", ")} already`);
  }
  const sameName = others.find(({ name }) => name !== "" && name === member.name);
  if (sameName === undefined) return undefined;
  return refuse("name-in-use", `a member is named ${member.name} already: give this one another name`);
}

function unknown(id: MemberId): RefusedOperation {
  return refuse(
    "unknown-member",
    `there is no member ${describeMember(id)}: "quorate member list" shows those that there are`,
  );
}

function refuse(refusal: MembershipRefusal, message: string): RefusedOperation {
  return { refusal, message };
}

function sorted(ids: readonly MemberId[]): MemberId[] {
  return [...ids].sort((a, b) => a - b);
}
