import type { Configuration, ConfigurationChange, MemberId } from "@quorate/raft";
import type { RandomStream } from "./random-streams.ts";
import { simulatedAddress } from "./simulated-members.ts";
import type { OperatorPlan } from "./swarm.ts";
import type { RequestTarget } from "./workload.ts";
import type { World } from "./world.ts";

/** A cluster that somebody operates. */
export interface OperatedCluster {
  /** All members that there are, in the cluster or not. */
  readonly ids: readonly MemberId[];
  leader(): MemberId;
  /** What the leader goes by; undefined while nobody leads. */
  configuration(): Configuration | undefined;
}

const kinds = ["any voters", "any voters", "add a learner", "promote", "remove one", "demote one", "timing"] as const;

/** Changes of the configuration and handovers at random times, by somebody who has seen the cluster and may be wrong. */
export class Operators {
  readonly #world: World;
  readonly #cluster: OperatedCluster;
  readonly #clients: RequestTarget;
  #stopped = false;

  constructor(world: World, cluster: OperatedCluster, clients: RequestTarget) {
    this.#world = world;
    this.#cluster = cluster;
    this.#clients = clients;
  }

  begin(plan: OperatorPlan): void {
    this.#repeat("change", plan.changeEveryMs, (random) => this.#change(random));
    this.#repeat("abandon", plan.abandonEveryMs, (random) => this.#clients.abandonChange(this.#asked(random)));
    this.#repeat("hand over", plan.handOverEveryMs, (random) =>
      this.#clients.handOver(this.#asked(random), random.chance(0.3) ? 0 : random.pick(this.#cluster.ids)),
    );
  }

  stop(): void {
    this.#stopped = true;
  }

  #change(random: RandomStream): void {
    const seen = this.#cluster.configuration();
    const asked = this.#asked(random);
    const kind = random.pick(kinds);
    const choice = random.next();
    if (seen === undefined) return;
    const change = drawChange(kind, seen, this.#cluster.ids, random, choice);
    if (change !== undefined) this.#clients.changeMembers(asked, change);
  }

  /** Mostly the leader. */
  #asked(random: RandomStream): MemberId {
    const leader = random.chance(0.9) ? this.#cluster.leader() : 0;
    return leader === 0 ? random.pick(this.#cluster.ids) : leader;
  }

  #repeat(name: string, everyMs: number | undefined, act: (random: RandomStream) => void): void {
    if (everyMs === undefined) return;
    const random = this.#world.streams.stream(`operators: ${name}`);
    const next = (): void => {
      if (this.#stopped) return;
      act(random);
      this.#world.schedule(random.exponential(everyMs), "client", this.#world.outside, next, undefined);
    };
    this.#world.schedule(random.exponential(everyMs), "client", this.#world.outside, next, undefined);
  }
}

function drawChange(
  kind: (typeof kinds)[number],
  { voters, learners, promotable, removed, timing, members }: Configuration,
  ids: readonly MemberId[],
  random: RandomStream,
  choice: number,
): ConfigurationChange | undefined {
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
    case "timing": {
      const { electionTimeoutMs, clockDriftPpm } = timing;
      // Around what the cluster began with, and never so short that its links cannot keep up.
      const longer = random.chance(0.5) ? electionTimeoutMs : Math.ceil(electionTimeoutMs * random.between(0.8, 1.25));
      const bounded = Math.min(400, Math.max(50, longer));
      return { timing: { electionTimeoutMs: bounded, clockDriftPpm } };
    }
  }
}
