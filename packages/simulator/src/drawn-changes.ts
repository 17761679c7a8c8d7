import type { Configuration, ConfigurationChange, MemberId, Timing } from "@quorate/raft";
import type { RandomStream } from "./random-streams.ts";
import { simulatedAddress } from "./simulated-members.ts";

const kinds = ["any voters", "any voters", "add a learner", "promote", "remove one", "demote one", "timing"] as const;

/** One change by somebody who has seen this configuration; undefined for none. */
export function drawChange(
  seen: Configuration | undefined,
  ids: readonly MemberId[],
  random: RandomStream,
): ConfigurationChange | undefined {
  const kind = random.pick(kinds);
  const choice = random.next();
  if (seen === undefined) return undefined;
  const { voters, learners, promotable, removed, timing, members } = seen;
  const free = ids.filter((id) => !removed.includes(id));
  const one = (some: readonly MemberId[]): MemberId | undefined => some[Math.floor(choice * some.length)];
  const to = (wantedVoters: readonly MemberId[], wantedLearners: readonly MemberId[]): ConfigurationChange => {
    const named = [...wantedVoters, ...wantedLearners];
    return {
      voters: wantedVoters,
      learners: wantedLearners,
      promotable: promotable.filter((id) => wantedLearners.includes(id)),
      members: named.map((id) => members.find((member) => member.id === id) ?? simulatedAddress(id)),
    };
  };
  switch (kind) {
    case "any voters": {
      const chosen = random.shuffled(free).slice(0, random.integer(1, Math.min(5, free.length)));
      // Most who leave are learners from then on: a member that was removed never comes back.
      const left = [...voters, ...learners].filter((id) => !chosen.includes(id) && random.chance(0.8));
      return to(chosen, left);
    }
    case "add a learner": {
      const newcomer = one(free.filter((id) => !voters.includes(id) && !learners.includes(id)));
      if (newcomer === undefined) return undefined;
      const change = to(voters, [...learners, newcomer]);
      return random.chance(0.6) ? { ...change, promotable: [...(change.promotable ?? []), newcomer] } : change;
    }
    case "promote": {
      const learner = one(learners);
      if (learner === undefined) return undefined;
      return to(
        [...voters, learner],
        learners.filter((id) => id !== learner),
      );
    }
    case "remove one": {
      const gone = one([...voters, ...learners]);
      if (voters.length + learners.length < 3) return undefined;
      return to(
        voters.filter((id) => id !== gone),
        learners.filter((id) => id !== gone),
      );
    }
    case "demote one": {
      const demoted = one(voters);
      if (demoted === undefined || voters.length < 2) return undefined;
      return to(
        voters.filter((id) => id !== demoted),
        [...learners, demoted],
      );
    }
    case "timing":
      return { timing: drawTiming(timing, random) };
  }
}

/** Around what the cluster goes by now, and never so short that its links cannot keep up. */
export function drawTiming({ electionTimeoutMs, clockDriftPpm }: Timing, random: RandomStream): Timing {
  const wanted = random.chance(0.5) ? electionTimeoutMs : Math.ceil(electionTimeoutMs * random.between(0.8, 1.25));
  return { electionTimeoutMs: Math.min(400, Math.max(50, wanted)), clockDriftPpm };
}
