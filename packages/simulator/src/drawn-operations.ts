import type { Configuration, MemberId } from "@quorate/raft";
import type { MembershipOperation } from "@quorate/replica";
import { drawTiming } from "./drawn-changes.ts";
import type { RandomStream } from "./random-streams.ts";
import { simulatedAddress } from "./simulated-members.ts";

const kinds = ["add", "add", "promote", "replace one", "remove", "any voters", "timing", "rename"] as const;

/** What an operator asks of whole members who has seen this configuration, and may be wrong; undefined for nothing. */
export function drawOperation(
  { voters, learners, removed, timing }: Configuration,
  ids: readonly MemberId[],
  random: RandomStream,
): MembershipOperation | undefined {
  const kind = random.pick(kinds);
  const choice = random.next();
  const one = (some: readonly MemberId[]): MemberId | undefined => some[Math.floor(choice * some.length)];
  const present = [...voters, ...learners];
  switch (kind) {
    case "add": {
      const newcomer = one(ids.filter((id) => !present.includes(id) && !removed.includes(id)));
      if (newcomer === undefined) return undefined;
      return { kind, member: simulatedAddress(newcomer), isPromotable: random.chance(0.6) };
    }
    case "promote":
    case "remove": {
      // Whoever leaves never comes back: a cluster that loses one after the other soon has nothing to change.
      const chosen = one(kind === "promote" ? learners : present);
      return chosen === undefined || (kind === "remove" && present.length < 3) ? undefined : { kind, id: chosen };
    }
    case "replace one": {
      const [leaves, comes] = [one(voters), one(learners)];
      if (leaves === undefined || comes === undefined) return undefined;
      return { kind: "voters", voters: [...voters.filter((id) => id !== leaves), comes] };
    }
    case "any voters": {
      const left = random.shuffled(voters).slice(0, random.integer(1, voters.length));
      return { kind: "voters", voters: [...left, ...learners.filter(() => random.chance(0.7))] };
    }
    case "timing":
      return { kind, timing: drawTiming(timing, random) };
    case "rename": {
      const renamed = one(present);
      if (renamed === undefined) return undefined;
      const member = simulatedAddress(renamed);
      return { kind: "update", member: { ...member, name: `${member.name}-${random.integer(1, 9)}` } };
    }
  }
}
