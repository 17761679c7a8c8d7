import { removedAfter, type Target } from "./configuration-change.ts";
import type { Configuration, MemberAddress } from "./configuration.ts";
import type { MemberId } from "./types.ts";

/**
 * The steps of a change (Raft §6), each made of the configuration before it alone: whoever leads when the next step is
 * due, makes the same one.
 */

/** From `current` to `target` in one step: the voters stay, or a rule says that they need no joint phase. */
export function directly(current: Configuration, target: Target): Configuration {
  return {
    ...target,
    outgoing: [],
    removed: removedAfter(current, idsOf(target)),
    members: withDeparted(current, target.members),
  };
}

/** Both sets of voters decide. Learners that leave are gone already; voters that leave are still voters. */
export function jointOf(current: Configuration, target: Target): Configuration {
  const outgoing = current.voters;
  return {
    ...target,
    outgoing,
    removed: removedAfter(current, new Set([...idsOf(target), ...outgoing])),
    members: withDeparted(current, target.members),
  };
}

/** The new voters alone. Those that leave keep their addresses until the next change: they are told that they left. */
export function leftOf(joint: Configuration): Configuration {
  return { ...joint, outgoing: [], removed: removedAfter(joint, idsOf(joint)) };
}

/** The old voters alone. Those that were to become voters are learners, and not promoted again by themselves. */
export function abandonedOf(joint: Configuration): Configuration {
  const { voters, outgoing, learners, promotable } = joint;
  const all = new Set([...learners, ...voters]);
  return {
    ...joint,
    voters: outgoing,
    outgoing: [],
    learners: [...all].filter((id) => !outgoing.includes(id)).sort((a, b) => a - b),
    promotable: promotable.filter((id) => !outgoing.includes(id)),
  };
}

function idsOf({ voters, learners }: Pick<Target, "voters" | "learners">): ReadonlySet<MemberId> {
  return new Set([...voters, ...learners]);
}

/** The new addresses, and those of members of `current` that have none among them. Nobody is kept for two changes. */
function withDeparted(current: Configuration, members: readonly MemberAddress[]): readonly MemberAddress[] {
  const given = new Set(members.map(({ id }) => id));
  const departed = current.members.filter(
    ({ id }) => !given.has(id) && (current.voters.includes(id) || current.learners.includes(id)),
  );
  return [...members, ...departed].sort((a, b) => a.id - b.id);
}
