import { createRaft, defaultLimits, realRules } from "@quorate/raft";
import type { MemberId, Rules } from "@quorate/raft";
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
import type { CoreFactory, Distortion } from "./core-member.ts";
import type { DeviceBugs } from "./log-device.ts";

export interface CoreClusterOptions {
  readonly swarm: SwarmOptions;
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  readonly distort?: Distortion;
  readonly createCore?: CoreFactory;
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
    this.ids = swarm.clockRates.map((_, at) => at + 1);
    this.expected = new Set(this.ids);
    this.#atlas = new FaultAtlas(this.ids.length);
    this.record = new ClusterRecord(swarm.limits.maxInflightAppends ?? Number.POSITIVE_INFINITY);
    this.conditions = new NetworkConditions(world.streams, swarm.link);
    this.network = new SimulatedNetwork(world, this.conditions, this.record.marks);
    const configuration = simulatedConfiguration(this.ids, swarm.timing);
    const checkers: Checker[] = [];
    this.checkers = checkers;
    const around = {
      world,
      network: this.network,
      checkers,
      record: this.record,
      atlas: this.#atlas,
    };
    this.members = this.ids.map((id, at) => {
      const memberOptions = {
        id,
        configuration,
        limits: swarm.limits,
        clock: { rate: swarm.clockRates[at] as number, monotonicOriginMs: 1000 * id, wallOriginMs: 0 },
        rules: options.rules ?? realRules,
        deviceBugs: options.deviceBugs ?? {},
        distort: options.distort,
        createCore: options.createCore ?? createRaft,
        gatherMs: swarm.gatherMs,
        disk: swarm.disk,
      };
      return new CoreMember(memberOptions, around, (member) => this.crash(member.id));
    });
    const disks = this.members.map((member) => member.durable);
    const watched: WatchedCluster = {
      committed: this.record.committed,
      disks: () => disks,
      appliedAtStart: (id) => this.member(id).appliedIndex,
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

  failDisk(id: MemberId, faults: DiskFaults): void {
    this.member(id).disk.fail(faults);
  }

  damageDisk(id: MemberId, damage: DiskDamage): void {
    // A modelled log has no marks, and its state is made anew at each damage.
    if ((damage.part ?? "log") !== "log" || !this.#atlas.mayDamage(id)) return;
    this.crash(id);
    const { durable } = this.member(id);
    if (durable.last.index === 0) return;
    this.#atlas.noteDamage(id);
    durable.damage(damage.place);
  }

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
    const { status: led, stateHash } = this.member(leader);
    if (led === undefined || led.commitIndex !== led.last.index) return false;
    return this.members.every(
      (member) =>
        !this.expected.has(member.id) ||
        (member.status?.term === led.term &&
          !member.status.quarantined &&
          member.status.leader === leader &&
          member.status.commitIndex === led.last.index &&
          member.appliedIndex === led.last.index &&
          member.stateHash === stateHash),
    );
  }

  healDisks(): void {
    for (const member of this.members) member.disk.pace = fastDisk;
  }

  describe(): string {
    return this.members.map(({ id, status }) => describeMember(id, status)).join("; ");
  }
}
