import {
  isMember,
  maxRemoved,
  recipients,
  type Configuration,
  type MemberAddress,
  type Timing,
} from "./configuration.ts";
import { encodeConfiguration } from "./configuration-codec.ts";
import type { ChangeRefusal } from "./errors.ts";
import type { MemberId } from "./types.ts";

/** What a change of the configuration is to lead to; what is not named stays as it is. */
export interface ConfigurationChange {
  /** All voters afterwards. Those of today that are missing leave the cluster, unless they are named as learners. */
  readonly voters?: readonly MemberId[];
  /** All learners afterwards. Where it is missing, those of today that become voters are learners no longer. */
  readonly learners?: readonly MemberId[];
  /** The learners that are promoted by themselves once they are caught up. */
  readonly promotable?: readonly MemberId[];
  /** The addresses of all members afterwards. Where it is missing, members that leave take theirs with them. */
  readonly members?: readonly MemberAddress[];
  readonly timing?: Timing;
}

/** What a change leads to, before it is asked how to get there. */
export type Target = Pick<Configuration, "voters" | "learners" | "promotable" | "members" | "timing">;

/** The largest cluster, voters and learners together. */
export const maxMembers = 1000;

/** The configuration that a change of `current` asks for, or why there can be none. `limitBytes` bounds its encoding. */
export function targetOf(
  current: Configuration,
  change: ConfigurationChange,
  limitBytes: number,
): { readonly target: Target } | { readonly refusal: ChangeRefusal } {
  const voters = ascending(change.voters ?? current.voters);
  const learners = ascending(change.learners ?? current.learners.filter((id) => !voters.includes(id)));
  const promotable = ascending(change.promotable ?? current.promotable.filter((id) => learners.includes(id)));
  const named = new Set([...voters, ...learners]);
  // Addresses of members that left may still be listed by whoever edits a list of today's.
  const given = change.members?.filter(({ id }) => !current.removed.includes(id));
  const members = [...(given ?? current.members.filter(({ id }) => named.has(id)))].sort((a, b) => a.id - b.id);
  const target = { voters, learners, promotable, members, timing: change.timing ?? current.timing };
  const returning = [...named].find((id) => current.removed.includes(id));
  if (returning !== undefined) return { refusal: { reason: "id-was-removed", id: returning } };
  const why = problemWith(target) ?? sizeProblem(current, target, limitBytes);
  return why === undefined ? { target } : { refusal: { reason: "invalid-change", why } };
}

/** Whether `target` is what `current` says already. */
export function isSame(current: Configuration, target: Target): boolean {
  const present = current.members.filter(({ id }) => isMember(current, id));
  return (
    sameIds(current.voters, target.voters) &&
    sameIds(current.learners, target.learners) &&
    sameIds(current.promotable, target.promotable) &&
    current.timing.electionTimeoutMs === target.timing.electionTimeoutMs &&
    current.timing.clockDriftPpm === target.timing.clockDriftPpm &&
    present.length === target.members.length &&
    present.every((member, at) => sameAddress(member, target.members[at] as MemberAddress))
  );
}

/** Former ids and those of `current` that `kept` no longer names, the oldest forgotten beyond the bound. */
export function removedAfter(current: Configuration, kept: ReadonlySet<MemberId>): readonly MemberId[] {
  const leaving = recipients(current).filter((id) => !kept.has(id) && !current.removed.includes(id));
  return leaving.length === 0 ? current.removed : [...current.removed, ...leaving].slice(-maxRemoved);
}

function ascending(ids: readonly MemberId[]): readonly MemberId[] {
  return [...ids].sort((a, b) => a - b);
}

function sameIds(some: readonly MemberId[], others: readonly MemberId[]): boolean {
  return some.length === others.length && some.every((id, at) => id === others[at]);
}

function sameAddress(one: MemberAddress, other: MemberAddress): boolean {
  return (
    one.id === other.id &&
    one.name === other.name &&
    (one.priority ?? 0) === (other.priority ?? 0) &&
    one.peerUrls.length === other.peerUrls.length &&
    one.peerUrls.every((url, at) => url === other.peerUrls[at])
  );
}

function problemWith({ voters, learners, promotable, members, timing }: Target): string | undefined {
  if (voters.length === 0) return "no voter would be left: name at least one";
  if (voters.length + learners.length > maxMembers) return `a cluster has at most ${maxMembers} members`;
  for (const ids of [voters, learners, promotable, members.map(({ id }) => id)]) {
    const wrong = ids.find((id) => !Number.isSafeInteger(id) || id < 1);
    if (wrong !== undefined) return `${wrong} is no member id: ids are integers from 1 to 2^53 - 1`;
    const twice = ids.find((id, at) => id === ids[at - 1]);
    if (twice !== undefined) return `member ${twice} is named twice in one list`;
  }
  const both = learners.find((id) => voters.includes(id));
  if (both !== undefined) return `member ${both} cannot be a voter and a learner`;
  const stranger = promotable.find((id) => !learners.includes(id));
  if (stranger !== undefined) return `member ${stranger} cannot be promoted: it is no learner`;
  return addressProblem(voters, learners, members) ?? timingProblem(timing);
}

function addressProblem(
  voters: readonly MemberId[],
  learners: readonly MemberId[],
  members: readonly MemberAddress[],
): string | undefined {
  const known = new Set(members.map(({ id }) => id));
  const without = [...voters, ...learners].find((id) => !known.has(id));
  if (without !== undefined) return `member ${without} has no address: name it in \`members\``;
  if (members.length > voters.length + learners.length) return "an address is given for a member that is none";
  const names = new Set<string>();
  for (const { id, name, priority = 0 } of members) {
    // A member that was added by its address alone says its name when it starts.
    if (name !== "" && names.has(name)) return `two members have the name ${name}`;
    names.add(name);
    if (!isIntegerWithin(priority, 0, 100)) return `the priority of member ${id} is not an integer from 0 to 100`;
  }
  return undefined;
}

function timingProblem({ electionTimeoutMs, clockDriftPpm }: Timing): string | undefined {
  if (!isIntegerWithin(electionTimeoutMs, 10, 50_000)) return "T is an integer from 10 to 50,000 ms";
  if (!isIntegerWithin(clockDriftPpm, 0, 500_000)) return "the drift bound is an integer from 0 to 500,000 ppm";
  return undefined;
}

function isIntegerWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

/** The largest entry on the way, which has the addresses and ids of both sides, must fit. */
function sizeProblem(current: Configuration, target: Target, limitBytes: number): string | undefined {
  const { voters: outgoing, removed } = current;
  const members = [...current.members, ...target.members];
  const bytes = encodeConfiguration({ ...target, outgoing, removed, members }).length + 8 * outgoing.length;
  return bytes <= limitBytes ? undefined : `the configuration takes ${bytes} bytes, and may take ${limitBytes}`;
}
