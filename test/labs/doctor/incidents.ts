import type { FindingId } from "@quorate/doctor";
import { realRules, type MemberId, type Rules } from "@quorate/raft";
import { loggedCluster, type LoggedCluster, type LoggedOptions } from "./simulated-logs.ts";

/** Something that is made to happen to a simulated cluster, so that what is true of it is known. */
export interface Incident {
  readonly kind: string;
  /** What the doctor must find. */
  readonly finds: readonly FindingId[];
  /** What follows from it, and may be found as well. */
  readonly mayFind: readonly FindingId[];
  readonly options?: Omit<LoggedOptions, "seed">;
  readonly happen: (logged: LoggedCluster) => void;
}

/** The Raft of the paper's §5.2, as others run it: no Pre-Vote, and vote requests are heard while the leader is. */
const naiveElections: Rules = { ...realRules, mayStandForElection: () => true, mayHearVote: () => true };

function others({ cluster }: LoggedCluster, than: MemberId): readonly MemberId[] {
  return cluster.ids.filter((id) => id !== than);
}

function isolate(logged: LoggedCluster, group: readonly MemberId[]): void {
  logged.cluster.conditions.partition(logged.cluster.ids, group);
}

/** Waits for a leader, and gives a follower that the seed chooses. */
function follower(logged: LoggedCluster): MemberId {
  return logged.random.pick(others(logged, leader(logged)));
}

function leader({ world, cluster }: LoggedCluster): MemberId {
  world.runUntil(() => cluster.leader() !== 0, 60_000);
  return cluster.leader();
}

function later({ world, random }: LoggedCluster, leastMs: number, mostMs: number): void {
  world.run(random.between(leastMs, mostMs));
}

export const incidents: readonly Incident[] = [
  {
    kind: "followers crash until no majority is left",
    finds: ["lost-quorum"],
    mayFind: [],
    happen: (logged) => {
      const { cluster, random } = logged;
      const crashed = random.shuffled(others(logged, leader(logged))).slice(0, Math.ceil(cluster.ids.length / 2));
      for (const id of crashed) cluster.crash(id);
      later(logged, 12_000, 20_000);
      for (const id of crashed) cluster.start(id);
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "the leader is cut off with a minority",
    finds: ["lost-quorum"],
    mayFind: [],
    happen: (logged) => {
      const leads = leader(logged);
      const { cluster, random } = logged;
      const few = random.integer(0, Math.ceil(cluster.ids.length / 2) - 2);
      isolate(logged, [leads, ...random.shuffled(others(logged, leads)).slice(0, few)]);
      later(logged, 8000, 15_000);
      cluster.conditions.heal();
      later(logged, 6000, 10_000);
    },
  },
  {
    // Members of Quorate talk over TCP, where a link that loses one direction loses both: what is left is a link that others have.
    kind: "a follower loses its link to the leader, and to nobody else",
    finds: ["asymmetric-partition"],
    mayFind: [],
    happen: (logged) => {
      const leads = leader(logged);
      const deaf = logged.random.pick(others(logged, leads));
      logged.cluster.conditions.block(leads, deaf);
      logged.cluster.conditions.block(deaf, leads);
      later(logged, 15_000, 30_000);
      logged.cluster.conditions.heal();
      later(logged, 5000, 8000);
    },
  },
  {
    kind: "whoever leads stands still for a while, again and again",
    finds: ["leader-flapping"],
    mayFind: ["overload", "lost-quorum", "phantom-leader"],
    happen: (logged) => {
      const { cluster, electionTimeoutMs } = logged;
      for (let round = logged.random.integer(5, 8); round > 0; round--) {
        const leads = leader(logged);
        cluster.pause(leads);
        later(logged, 4 * electionTimeoutMs, 5 * electionTimeoutMs);
        cluster.resume(leads);
        later(logged, 3 * electionTimeoutMs, 5 * electionTimeoutMs);
      }
      later(logged, 4000, 5000);
    },
  },
  {
    kind: "the leader's disk takes long to sync",
    finds: ["slow-disk"],
    mayFind: ["lost-quorum", "apply-lag", "leader-flapping"],
    happen: (logged) => {
      const { cluster, electionTimeoutMs, random } = logged;
      const leads = leader(logged);
      cluster.failDisk(leads, { meanSyncMs: electionTimeoutMs * random.between(0.4, 1) });
      later(logged, 20_000, 40_000);
      cluster.failDisk(leads, {});
      later(logged, 5000, 8000);
    },
  },
  {
    kind: "the leader's disk stands still",
    finds: ["slow-disk"],
    mayFind: ["lost-quorum", "apply-lag"],
    happen: (logged) => {
      const leads = leader(logged);
      logged.cluster.failDisk(leads, { stalledMs: logged.random.between(6000, 12_000) + 4 * logged.electionTimeoutMs });
      later(logged, 30_000, 35_000);
    },
  },
  {
    kind: "a member's process is stopped for moments, again and again",
    finds: ["overload"],
    mayFind: ["leader-flapping", "lost-quorum", "phantom-leader", "apply-lag"],
    happen: (logged) => {
      const { cluster, electionTimeoutMs, random } = logged;
      const slow = random.pick(cluster.ids);
      leader(logged);
      for (let round = random.integer(25, 40); round > 0; round--) {
        cluster.pause(slow);
        later(logged, electionTimeoutMs * 0.4, electionTimeoutMs * 0.8);
        cluster.resume(slow);
        later(logged, electionTimeoutMs * 0.5, electionTimeoutMs);
      }
      later(logged, 11_000, 12_000);
    },
  },
  {
    kind: "without Pre-Vote, a member that was cut off comes back",
    finds: ["term-inflation"],
    mayFind: ["contested-elections"],
    options: { rules: naiveElections },
    happen: (logged) => {
      isolate(logged, [follower(logged)]);
      later(logged, 15_000, 30_000);
      logged.cluster.conditions.heal();
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "the leader's machine sleeps, and wakes up",
    finds: ["phantom-leader"],
    mayFind: ["overload", "lost-quorum"],
    happen: (logged) => {
      const leads = leader(logged);
      logged.cluster.suspend(leads);
      later(logged, 6 * logged.electionTimeoutMs, 20_000);
      logged.cluster.resume(leads);
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "a follower is cut off again and again while the log is pruned",
    finds: ["snapshot-loop"],
    mayFind: [],
    options: { isPruned: true },
    happen: (logged) => {
      const behind = follower(logged);
      for (let round = logged.random.integer(4, 6); round > 0; round--) {
        isolate(logged, [behind]);
        later(logged, 20_000, 30_000);
        logged.cluster.conditions.heal();
        later(logged, 10_000, 15_000);
      }
    },
  },
  {
    kind: "a disk fills up",
    finds: ["no-space"],
    mayFind: ["lost-quorum"],
    happen: (logged) => {
      const full = logged.random.pick(logged.cluster.ids);
      leader(logged);
      logged.write(500, 1000);
      logged.cluster.failDisk(full, { freeBytes: logged.random.integer(0, 5000) });
      later(logged, 30_000, 40_000);
      logged.cluster.failDisk(full, {});
      later(logged, 5000, 8000);
    },
  },
  {
    kind: "a member's disk comes back empty",
    finds: ["wrong-cluster"],
    mayFind: [],
    happen: (logged) => {
      const wiped = follower(logged);
      later(logged, 3000, 5000);
      logged.cluster.wipeDisk(wiped);
      later(logged, 500, 1500);
      logged.cluster.start(wiped);
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "the new voters crash while a change is joint",
    finds: ["stuck-membership-change"],
    mayFind: ["lost-quorum"],
    options: { members: 5 },
    happen: (logged) => {
      const { cluster, world, clients } = logged;
      const leads = leader(logged);
      later(logged, 3000, 5000);
      const kept = logged.random.shuffled(others(logged, leads)).slice(0, 2);
      clients.administer(leads, { kind: "voters", voters: [leads, ...kept] });
      const isJoint = (): boolean => (cluster.configuration()?.outgoing.length ?? 0) > 0;
      if (!world.runUntil(isJoint, 10_000)) return;
      // With a majority of the old voters the leader would take the change back after a while.
      const crashed = [
        ...kept,
        ...others(logged, leads)
          .filter((id) => !kept.includes(id))
          .slice(0, 1),
      ];
      for (const id of crashed) cluster.crash(id);
      later(logged, 40_000, 50_000);
      for (const id of crashed) cluster.start(id);
      later(logged, 10_000, 12_000);
    },
  },
];

/** Things that a cluster takes in its stride, and that no finding should be made of. */
export const harmless: readonly Incident[] = [
  {
    kind: "the leader's process dies, and is started again later",
    finds: [],
    mayFind: [],
    happen: (logged) => {
      const leads = leader(logged);
      logged.cluster.crash(leads);
      later(logged, 2000, 30_000);
      logged.cluster.start(leads);
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "a follower is cut off, and comes back",
    finds: [],
    mayFind: [],
    happen: (logged) => {
      isolate(logged, [follower(logged)]);
      later(logged, 5000, 30_000);
      logged.cluster.conditions.heal();
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "a follower's machine loses power, twice",
    finds: [],
    mayFind: [],
    happen: (logged) => {
      for (let round = 0; round < 2; round++) {
        const victim = follower(logged);
        logged.cluster.crash(victim, "power cut");
        later(logged, 2000, 15_000);
        logged.cluster.start(victim);
        later(logged, 8000, 12_000);
      }
    },
  },
];

/** Nothing goes wrong. What operators do in peace may be among it. */
export const peace: readonly Incident[] = [
  { kind: "nothing happens", finds: [], mayFind: [], happen: (logged) => later(logged, 20_000, 60_000) },
  {
    kind: "the leadership is handed over, twice",
    finds: [],
    mayFind: [],
    happen: (logged) => {
      for (let round = 0; round < 2; round++) {
        later(logged, 8000, 12_000);
        logged.clients.handOver(leader(logged), 0);
      }
      later(logged, 8000, 12_000);
    },
  },
  {
    kind: "members are started again, one after the other",
    finds: [],
    mayFind: [],
    happen: (logged) => {
      for (const id of logged.cluster.ids) {
        later(logged, 10_000, 15_000);
        if (id === leader(logged)) logged.clients.handOver(id, 0);
        later(logged, 4000, 5000);
        logged.cluster.crash(id, "kill");
        later(logged, 100, 1000);
        logged.cluster.start(id);
      }
      later(logged, 10_000, 15_000);
    },
  },
  {
    kind: "five voters become three, and five again",
    finds: [],
    mayFind: [],
    options: { members: 5 },
    happen: (logged) => {
      const { cluster, clients } = logged;
      for (const voters of [[1, 2, 3], [...cluster.ids]]) {
        later(logged, 6000, 10_000);
        const leads = leader(logged);
        clients.administer(leads, {
          kind: "voters",
          voters: voters.includes(leads) ? voters : [leads, ...voters.slice(1)],
        });
      }
      later(logged, 6000, 10_000);
    },
  },
];

export interface Happened {
  readonly logged: LoggedCluster;
  /** What must be found, what may be: of the incident, and by what was seen from above. */
  readonly finds: ReadonlySet<FindingId>;
  readonly mayFind: ReadonlySet<FindingId>;
}

/** How long a change must be joint to be stuck. */
const stuckMs = 10_000;
/** How long two leaders at once are a fact that a log can show. */
const overlapMs = 50;

/** Lets one incident happen, with clients that write all the while. */
export function happen(incident: Incident, seed: number): Happened {
  const logged = loggedCluster({ seed, ...incident.options });
  const { cluster, world, random, seen } = logged;
  for (const id of cluster.ids) cluster.start(id);
  const everyMs = random.between(20, 200);
  const write = (): void => {
    logged.write(1, random.integer(4, 200));
    world.schedule(everyMs, "client", world.outside, write, undefined);
  };
  write();
  leader(logged);
  later(logged, 3000, 6000);
  incident.happen(logged);
  const mayFind = new Set(incident.mayFind);
  if (seen.overlapMs >= overlapMs) mayFind.add("phantom-leader");
  if (seen.changes.length >= 3) mayFind.add("leader-flapping");
  if (seen.leaderlessMs >= 5000) mayFind.add("lost-quorum");
  // An operator's change that was refused, or was over before anybody crashed, is no incident.
  const finds = incident.finds.filter((id) => id !== "stuck-membership-change" || seen.jointMs >= stuckMs);
  return { logged, finds: new Set(finds), mayFind };
}
