import { realRules } from "@quorate/raft";
import type { Configuration, MemberId, RaftStatus, Rules } from "@quorate/raft";
import { CommittedLog } from "../checkers/committed-log.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import { Marks } from "../marks.ts";
import type { FaultTarget } from "../nemesis.ts";
import { NetworkConditions } from "../network-conditions.ts";
import type { Checker, Observed } from "../observation.ts";
import { SimulatedNetwork } from "../simulated-network.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { World } from "../world.ts";
import { CoreMember } from "./core-member.ts";
import type { DeviceBugs } from "./log-device.ts";

export interface CoreClusterOptions {
  readonly swarm: SwarmOptions;
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  readonly checkers: (cluster: WatchedCluster) => readonly Checker[];
}

/** A cluster of cores in one world. */
export class CoreCluster implements FaultTarget {
  readonly world: World;
  readonly members: readonly CoreMember[];
  readonly ids: readonly MemberId[];
  readonly conditions: NetworkConditions;
  readonly network: SimulatedNetwork;
  readonly committed = new CommittedLog();
  readonly marks = new Marks();
  readonly checkers: readonly Checker[];
  /** Elections won so far. */
  elections = 0;
  readonly #electionTimeoutMs: number;

  constructor(world: World, options: CoreClusterOptions) {
    const { swarm } = options;
    this.world = world;
    this.ids = swarm.clockRates.map((_, at) => at + 1);
    this.#electionTimeoutMs = swarm.timing.electionTimeoutMs;
    this.conditions = new NetworkConditions(world.streams, swarm.link);
    this.network = new SimulatedNetwork(world, this.conditions);
    const configuration = configurationOf(this.ids, swarm);
    const checkers: Checker[] = [];
    this.checkers = checkers;
    const around = {
      world,
      network: this.network,
      checkers,
      marks: this.marks,
      note: (member: Observed, before: RaftStatus, after: RaftStatus) => this.#note(member, before, after),
    };
    this.members = this.ids.map((id, at) => {
      const memberOptions = {
        id,
        configuration,
        limits: swarm.limits,
        clock: { rate: swarm.clockRates[at] as number, monotonicOriginMs: 1000 * id, wallOriginMs: 0 },
        rules: options.rules ?? realRules,
        deviceBugs: options.deviceBugs ?? {},
        gatherMs: swarm.gatherMs,
        disk: swarm.disk,
      };
      return new CoreMember(memberOptions, around, (member) => this.crash(member.id));
    });
    const disks = this.members.map((member) => member.durable);
    const watched: WatchedCluster = {
      committed: this.committed,
      disks: () => disks,
      appliedAtStart: (id) => this.member(id).appliedIndex,
    };
    checkers.push(...options.checkers(watched));
  }

  member(id: MemberId): CoreMember {
    return this.members[id - 1] as CoreMember;
  }

  leader(): MemberId {
    let newest: CoreMember | undefined;
    for (const member of this.members) {
      if (member.status?.role !== "leader") continue;
      if (newest?.status === undefined || member.status.term > newest.status.term) newest = member;
    }
    return newest?.id ?? 0;
  }

  isUp(id: MemberId): boolean {
    return this.member(id).isUp;
  }

  crash(id: MemberId): void {
    this.member(id).stop();
  }

  crashInTurn(id: MemberId, afterEffects: number): void {
    this.member(id).crashAfterEffects(afterEffects);
  }

  start(id: MemberId): void {
    if (!this.isUp(id)) this.member(id).start();
  }

  pause(id: MemberId): void {
    const { scope } = this.member(id);
    if (scope !== undefined) this.world.pause(scope);
  }

  resume(id: MemberId): void {
    const { scope } = this.member(id);
    if (scope?.paused === true) this.world.resume(scope);
  }

  /** Everybody is up, follows one leader, and has applied the same: everything there is. */
  hasConverged(): boolean {
    const leader = this.leader();
    if (leader === 0) return false;
    const { status: led, stateHash } = this.member(leader);
    if (led === undefined || led.commitIndex !== led.last.index) return false;
    return this.members.every(
      (member) =>
        member.status?.term === led.term &&
        member.status.leader === leader &&
        member.status.commitIndex === led.last.index &&
        member.appliedIndex === led.last.index &&
        member.stateHash === stateHash,
    );
  }

  #note(member: Observed, before: RaftStatus, after: RaftStatus): void {
    if (after.role !== "leader") {
      // It committed and stepped down in one turn.
      const committedLast = before.role === "leader" && after.commitIndex > this.committed.lastIndex;
      if (committedLast) this.committed.add(before.term, after.commitIndex, member.log);
      return;
    }
    if (before.role !== "leader" || before.term !== after.term) this.#noteElection(after);
    if (after.commitIndex > before.commitIndex) {
      if (member.log.termAt(before.commitIndex + 1) !== after.term)
        this.marks.reach("commit of an older term's entries");
      this.committed.add(after.term, after.commitIndex, member.log);
    }
    const full = after.followers.some(
      ({ state, inflightAppends }) => state === "replicating" && inflightAppends >= this.#window,
    );
    if (full) this.marks.reach("full in-flight window");
  }

  #noteElection(leader: RaftStatus): void {
    this.elections++;
    this.marks.reach("leader elected");
    if (leader.last.index > this.committed.lastIndex + 1) this.marks.reach("leader change with an uncommitted tail");
    const others = this.members.filter((member) => member.status?.role === "leader" && member.id !== leader.id);
    if (others.length > 0) this.marks.reach("two leaders at once");
  }

  get #window(): number {
    return this.members[0]?.options.limits.maxInflightAppends ?? Number.POSITIVE_INFINITY;
  }

  /** The election timeout T, in ms. */
  get electionTimeoutMs(): number {
    return this.#electionTimeoutMs;
  }
}

function configurationOf(ids: readonly MemberId[], swarm: SwarmOptions): Configuration {
  return {
    voters: ids,
    outgoing: [],
    learners: [],
    members: ids.map((id) => ({ id, name: `member-${id}`, peerUrls: [] })),
    timing: swarm.timing,
  };
}
