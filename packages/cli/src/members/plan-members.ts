import { admin } from "@quorate/etcd/api";
import { UsageError } from "../errors.ts";
import { called, findMember, memberNamed } from "./cluster.ts";

/** A member that is to vote, as a person names it: one that is there, or (with a URL) maybe a new one. */
export interface WantedMember {
  readonly name: string;
  readonly peerUrl: string | undefined;
}

/** How the cluster gets from the voters that it has to those that are wanted. */
export interface MembersPlan {
  /** Learners first (dissertation §4.2.1): what counts for a quorum must be of use. */
  readonly add: readonly { readonly name: string; readonly peerUrl: string }[];
  /** Who votes afterwards, by name. */
  readonly voters: readonly string[];
  /** Present members that begin to vote, and voters that leave for good, by name. */
  readonly promote: readonly string[];
  readonly leave: readonly string[];
}

/** Reads "a,b,d=http://10.0.0.4:2380". Fails with `UsageError`. */
export function parseWanted(text: string): WantedMember[] {
  const wanted = text.split(",").map((part): WantedMember => {
    const [name = "", ...rest] = part.trim().split("=");
    const peerUrl = rest.length === 0 ? undefined : rest.join("=");
    if (name === "")
      throw new UsageError(`"${part}" names no member: write a, or a=http://10.0.0.1:2380 for a new one.`);
    return { name, peerUrl };
  });
  const twice = wanted.find(({ name }, at) => wanted.findIndex((other) => other.name === name) !== at);
  if (twice !== undefined) throw new UsageError(`The member ${twice.name} is named twice.`);
  return wanted;
}

/** Plans the way to exactly these voters. Fails with `UsageError` on a member that is nowhere. Learners that are not named stay. */
export function planMembers(cluster: admin.DescribeResponse, wanted: readonly WantedMember[]): MembersPlan {
  const add: { name: string; peerUrl: string }[] = [];
  const present: admin.Member[] = [];
  for (const { name, peerUrl } of wanted) {
    const found = findMember(cluster.members, name);
    if (found === undefined && peerUrl !== undefined) add.push({ name, peerUrl });
    else if (found === undefined) {
      const known = cluster.members.map((member) => called(member)).join(", ");
      throw new UsageError(
        `The cluster has no member "${name}" (it has ${known}): a new one is written ${name}=http://host:2380.`,
      );
    } else if (peerUrl !== undefined && !found.peerUrls.includes(peerUrl)) {
      throw new UsageError(
        `The member ${name} is at ${found.peerUrls.join(",")}, not at ${peerUrl}: see "quorate member update", or choose ` +
          "another name for a new member.",
      );
    } else present.push(found);
  }
  const isVoter = ({ role }: admin.Member): boolean => role === admin.Role.VOTER;
  return {
    add,
    voters: [...present.map((member) => called(member)), ...add.map(({ name }) => name)],
    promote: present.filter((member) => !isVoter(member)).map((member) => called(member)),
    leave: cluster.members
      .filter((member) => isVoter(member) && !present.includes(member))
      .map((member) => called(member)),
  };
}

/** The wanted voters of "replace OLD by NEW". Fails with `UsageError`. */
export function replacing(cluster: admin.DescribeResponse, old: string, replacement: WantedMember): WantedMember[] {
  const leaving = memberNamed(cluster, old);
  if (leaving.role !== admin.Role.VOTER) {
    throw new UsageError(`The member ${old} does not vote: remove it, and add ${replacement.name}.`);
  }
  const stay = cluster.members.filter((member) => member.role === admin.Role.VOTER && member !== leaving);
  return [...stay.map((member) => ({ name: called(member), peerUrl: undefined })), replacement];
}

export function isNothing({ add, promote, leave }: MembersPlan): boolean {
  return add.length + promote.length + leave.length === 0;
}

/** The steps as a person reads them. */
export function planText(plan: MembersPlan): string {
  if (isNothing(plan)) return `Nothing is to be done: ${plan.voters.join(", ")} vote already.\n`;
  const newcomers = [...plan.add.map(({ name }) => name), ...plan.promote];
  const steps = [
    ...plan.add.map(({ name, peerUrl }) => `add ${name} at ${peerUrl} as a learner`),
    ...(newcomers.length === 0
      ? []
      : [`wait until ${newcomers.join(", ")} ${newcomers.length === 1 ? "has" : "have"} caught up`]),
    `let ${plan.voters.join(", ")} vote, in one step${plan.leave.length === 0 ? "" : `; ${plan.leave.join(", ")} leave for good`}`,
  ];
  return `${steps.map((step, at) => `${at + 1}. ${step}`).join("\n")}\n`;
}
