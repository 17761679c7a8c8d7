import { majority } from "@quorate/planner";
import { realRules, writeU32, type Rules } from "@quorate/raft";
import { directedCluster, World, type Checker } from "@quorate/simulator";

/** Members, how far apart they are, and who leads them. */
export interface CommitSetup {
  /** How many of all must hold an entry. Where it is no majority, the rule that counts copies is another: no safe one below. */
  readonly quorum: number;
  /** The index of the member that leads. */
  readonly leader: number;
  /** In ms, from each to each; half of it in each direction. */
  readonly roundTrips: readonly (readonly number[])[];
  /** What a disk needs for a sync: `leastSyncMs`, and on average as much more as is missing to this. */
  readonly syncMs: number;
}

/** What each sync of the simulator's disks takes at least, in ms; the rest is exponentially distributed. */
export const leastSyncMs = 0.05;

const settleTimeouts = 20;

/**
 * From a proposal to its commit at the leader, in ms: so many commits of the shipped core, one after the other, in one world.
 * None where the chosen member did not come to lead.
 */
export function measureCommits(seed: number, setup: CommitSetup, commits: number): readonly number[] {
  const { quorum, leader, roundTrips, syncMs } = setup;
  const members = roundTrips.length;
  const longest = Math.max(0, ...roundTrips.flat());
  // Elections are no matter here: none begins while commits are measured.
  const electionTimeoutMs = Math.max(1000, 10 * longest, 20 * syncMs);
  const world = new World(seed);
  const id = leader + 1;
  let [askedAt, tookMs] = [Number.NaN, Number.NaN];
  const clock: Checker = {
    name: "commit clock",
    handedOut: (member) => {
      if (member.id === id && Number.isNaN(tookMs)) tookMs = world.nowMs - askedAt;
    },
  };
  const { cluster, patience } = directedCluster(world, {
    members,
    electionTimeoutMs,
    setting: {},
    broken:
      quorum === majority(members) ? undefined : { what: "another quorum", rules: countingTo(quorum), expects: {} },
    checkers: () => [clock],
  });
  for (const member of cluster.members) {
    member.disk.pace = { meanSyncMs: Math.max(0, syncMs - leastSyncMs), stallProbability: 0, meanStallMs: 0 };
    patience.of.set(member.id, member.id === id ? 0 : 0.9);
    for (const [at, ms] of (roundTrips[member.id - 1] ?? []).entries()) {
      cluster.conditions.change(member.id, at + 1, { minDelayMs: ms / 2, meanDelayMs: 0 });
    }
  }
  for (const one of cluster.ids) cluster.start(one);
  const limitMs = settleTimeouts * electionTimeoutMs;
  if (!world.runUntil(() => cluster.hasConverged(), limitMs) || cluster.leader() !== id) return [];
  const times: number[] = [];
  for (let request = 1; request <= commits; request++) {
    // Whoever is behind has time to get there: what is measured is one commit, and no queue.
    world.run(longest + 10 * syncMs + 5);
    const command = new Uint8Array(8);
    writeU32(command, 0, request);
    [askedAt, tookMs] = [world.nowMs, Number.NaN];
    cluster.member(id).request((core, now) => core.propose(now, [command]));
    if (!world.runUntil(() => !Number.isNaN(tookMs), limitMs)) return times;
    times.push(tookMs);
  }
  return times;
}

/** The core's way to count copies, but to another number of them. */
function countingTo(quorum: number): Partial<Rules> {
  return {
    decided: (sets, matchOf) =>
      sets.outgoing.length > 0
        ? realRules.decided(sets, matchOf)
        : (sets.voters.map(matchOf).sort((one, other) => other - one)[quorum - 1] ?? 0),
  };
}
