import { createRaft, defaultLimits, isJoint, realRules, recipients } from "@quorate/raft";
import type { Configuration, MemberId, Rules } from "@quorate/raft";
import type { WatchedCluster } from "../checkers/index.ts";
import { ClusterRecord } from "../cluster-record.ts";
import type { DiskDamage } from "../disk-damage.ts";
import type { DiskFaults } from "../drive.ts";
import { FaultAtlas } from "../fault-atlas.ts";
import { NetworkConditions } from "../network-conditions.ts";
import type { Checker } from "../observation.ts";
import type { SimulatedCluster } from "../simulation.ts";
import { SimulatedNetwork } from "../simulated-network.ts";
import { fastDisk } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import { describeMember, simulatedConfiguration } from "../simulated-members.ts";
import type { World } from "../world.ts";
import { CoreMember } from "./core-member.ts";
import type { CoreFactory, Distortion } from "./core-member-options.ts";
import type { DeviceBugs } from "./log-device.ts";
import { StatesUnderWay } from "./state-courier.ts";

export interface CoreClusterOptions {
  readonly swarm: SwarmOptions;
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  readonly distort?: Distortion;
  readonly createCore?: CoreFactory;
  /** As of a member's options; they do not unless it is true. */
  readonly knowsStarts?: boolean;
  readonly checkers: (cluster: WatchedCluster) => readonly Checker[];
}

/** A cluster of cores in one world. */
export class CoreCluster implements SimulatedCluster {
  readonly world: World;
  readonly members: readonly CoreMember[];
  readonly ids: readonly MemberId[];
  readonly conditions: NetworkConditions;
  readonly network: SimulatedNetwork;
  readonly record: ClusterRecord;
  readonly checkers: readonly Checker[];
  expected: ReadonlySet<MemberId>;
  readonly #atlas: FaultAtlas;

  constructor(world: World, options: CoreClusterOptions) {
    const { swarm } = options;
    this.world = world;
    const clockRates = [...swarm.clockRates, ...(swarm.operators?.spareClockRates ?? [])];
    this.ids = clockRates.map((_, at) => at + 1);
    this.expected = new Set(this.ids);
    this.#atlas = new FaultAtlas(this.ids.length);
    this.record = new ClusterRecord(swarm.limits.maxInflightAppends ?? Number.POSITIVE_INFINITY);
    this.conditions = new NetworkConditions(world.streams, swarm.link);
    this.network = new SimulatedNetwork(world, this.conditions, this.record.marks);
    const voters = this.ids.slice(0, swarm.clockRates.length);
    const configuration = simulatedConfiguration(voters, swarm.timing);
    const ofNewcomers = simulatedConfiguration([], swarm.timing);
    const checkers: Checker[] = [];
    this.checkers = checkers;
    const around = {
      world,
      network: this.network,
      checkers,
      record: this.record,
      atlas: this.#atlas,
      states: new StatesUnderWay(),
      diskOf: (id: MemberId) => this.member(id).durable,
    };
    this.members = this.ids.map((id, at) => {
      const memberOptions = {
        id,
        configuration: voters.includes(id) ? configuration : ofNewcomers,
        peers: this.ids,
        states: swarm.states,
        limits: swarm.limits,
        clock: { rate: clockRates[at] as number, monotonicOriginMs: 1000 * id, wallOriginMs: 0 },
        rules: options.rules ?? realRules,
        deviceBugs: options.deviceBugs ?? {},
        distort: options.distort,
        createCore: options.createCore ?? createRaft,
        gatherMs: swarm.gatherMs,
        disk: swarm.disk,
        knowsStarts: options.knowsStarts ?? false,
      };
      return new CoreMember(memberOptions, around, (member) => this.crash(member.id));
    });
    const watched: WatchedCluster = {
      committed: this.record.committed,
      diskOf: (id) => this.members[id - 1]?.durable,
      appliedAtStart: (id) => this.member(id).state.index,
      limits: { ...defaultLimits, ...swarm.limits },
      largestBatchBytes: 8 * 1024,
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

  configuration(): Configuration | undefined {
    const leader = this.leader();
    return leader === 0 ? undefined : this.member(leader).status?.configuration;
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

  /** Its log is modelled: what it writes becomes durable in one step, in a turn. */
  crashAtDisk(id: MemberId, afterOperations: number): void {
    this.crashInTurn(id, afterOperations);
  }

  start(id: MemberId): void {
    if (!this.isUp(id)) this.member(id).start();
  }

  pause(id: MemberId): void {
    this.member(id).machine.pause();
  }

  suspend(id: MemberId): void {
    this.member(id).machine.suspend();
  }

  resume(id: MemberId): void {
    this.member(id).machine.resume();
  }

  slow(id: MemberId, msPerEvent: number): void {
    this.member(id).machine.slow(msPerEvent);
  }

  jumpClock(id: MemberId, monotonicMs: number, wallMs: number): void {
    this.member(id).machine.jumpClock(monotonicMs, wallMs);
  }

  driftClock(id: MemberId, rate: number): void {
    this.member(id).drift(rate);
  }

  failDisk(id: MemberId, faults: DiskFaults): void {
    this.member(id).disk.fail(faults);
  }

  damageDisk(id: MemberId, damage: DiskDamage): void {
    // A modelled log has no marks, and its state is made anew at each damage.
    if ((damage.part ?? "log") !== "log" || !this.#atlas.mayDamage(id)) return;
    this.crash(id);
    const { durable } = this.member(id);
    // Behind a base nothing is left to make the state of anew.
    if (durable.length === 0 || durable.base.index > 0) return;
    this.#atlas.noteDamage(id);
    durable.damage(damage.place);
  }

  /** No swarm wipes the disks of cores: those of whole members are wiped. By hand it is done with `CoreMember.loseDisk`. */
  wipeDisk(): void {}

  copyDisk(): void {}

  restoreDisk(): void {}

  reset(one: MemberId, other: MemberId): void {
    this.network.reset(one, other);
  }

  replayMessage(choice: number): void {
    this.network.replay(choice);
  }

  beyondRepair(): ReadonlySet<MemberId> {
    return new Set();
  }

  damaged(): ReadonlySet<MemberId> {
    return this.#atlas.damaged;
  }

  /** Everybody is up, follows one leader, and has applied the same: everything there is. */
  hasConverged(): boolean {
    const leader = this.leader();
    if (leader === 0) return false;
    const { status: led, state } = this.member(leader);
    if (led === undefined || led.commitIndex !== led.last.index) return false;
    const { configuration } = led;
    if (isJoint(configuration) || configuration.promotable.length > 0) return false;
    const ids = recipients(configuration);
    return this.members.every(
      (member) =>
        !this.expected.has(member.id) ||
        !ids.includes(member.id) ||
        (member.status?.term === led.term &&
          !member.status.quarantined &&
          member.status.leader === leader &&
          member.status.commitIndex === led.last.index &&
          member.state.index === led.last.index &&
          member.state.hash === state.hash),
    );
  }

  healDisks(): void {
    for (const member of this.members) member.disk.pace = fastDisk;
  }

  describe(): string {
    return this.members.map(({ id, status }) => describeMember(id, status)).join("; ");
  }
}
