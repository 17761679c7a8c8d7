import { realRules } from "@quorate/raft";
import type { MemberId, Rules } from "@quorate/raft";
import { allCheckers } from "../checkers/index.ts";
import { ClusterRecord } from "../cluster-record.ts";
import { Drive, healthyDrive } from "../drive.ts";
import type { DriveSettings } from "../drive.ts";
import { NetworkConditions } from "../network-conditions.ts";
import type { Checker } from "../observation.ts";
import { describeMember, simulatedConfiguration } from "../simulated-members.ts";
import { SimulatedInternet } from "../simulated-links.ts";
import { SimulatedNetwork } from "../simulated-network.ts";
import type { SimulatedCluster } from "../simulation.ts";
import { worstStreamLoss } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { World } from "../world.ts";
import { ReplicaMember } from "./replica-member.ts";

/** A cluster of production members in one world. */
export class ReplicaCluster implements SimulatedCluster {
  readonly world: World;
  readonly ids: readonly MemberId[];
  readonly members: readonly ReplicaMember[];
  readonly conditions: NetworkConditions;
  readonly record: ClusterRecord;
  readonly checkers: readonly Checker[];

  constructor(
    world: World,
    swarm: SwarmOptions,
    broken: { readonly rules?: Rules; readonly drive?: Partial<DriveSettings> } = {},
  ) {
    this.world = world;
    this.ids = swarm.clockRates.map((_, at) => at + 1);
    // What a transport promises, and no less: order on a lane, no repetition, a loss that is noticed (PeerNetwork).
    const lossProbability = Math.min(swarm.link.lossProbability, worstStreamLoss);
    const link = { ...swarm.link, style: "stream", lossProbability, duplicateProbability: 0 } as const;
    this.conditions = new NetworkConditions(world.streams, link);
    this.record = new ClusterRecord(swarm.limits.maxInflightAppends ?? Number.POSITIVE_INFINITY);
    const checkers: Checker[] = [];
    this.checkers = checkers;
    const around = {
      world,
      network: new SimulatedNetwork(world, this.conditions),
      internet: new SimulatedInternet(world, this.conditions),
      checkers,
      record: this.record,
    };
    const configuration = simulatedConfiguration(this.ids, swarm.timing);
    const random = world.streams.stream("members");
    this.members = this.ids.map((id, at) => {
      const options = {
        id,
        configuration,
        limits: swarm.limits,
        rules: broken.rules ?? realRules,
        clock: { rate: swarm.clockRates[at] as number, monotonicOriginMs: 1000 * id, wallOriginMs: 0 },
        segmentBytes: random.pick([8, 32, 128]) * 1024,
        checkpointMs: swarm.timing.electionTimeoutMs * random.between(1, 10),
      };
      const drive = new Drive(world.streams.stream(`disk of member ${id}`), {
        ...healthyDrive,
        ...swarm.disk,
        ...broken.drive,
      });
      return new ReplicaMember(options, drive, around);
    });
    const disks = this.members.map((member) => member.durable);
    const { committed } = this.record;
    checkers.push(
      ...allCheckers({
        committed,
        disks: () => disks,
        appliedAtStart: (id) => this.member(id).appliedAtStart,
      }),
    );
  }

  member(id: MemberId): ReplicaMember {
    return this.members[id - 1] as ReplicaMember;
  }

  leader(): MemberId {
    let leader: MemberId = 0;
    let newest = 0;
    for (const { id, status } of this.members) {
      if (status?.role !== "leader" || status.term <= newest) continue;
      newest = status.term;
      leader = id;
    }
    return leader;
  }

  isUp(id: MemberId): boolean {
    return this.member(id).isUp;
  }

  crash(id: MemberId): void {
    this.member(id).crash();
  }

  crashInTurn(id: MemberId, afterEffects: number): void {
    this.member(id).crashAfterSends(afterEffects);
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

  hasConverged(): boolean {
    const leader = this.leader();
    if (leader === 0) return false;
    const { status: led, tally } = this.member(leader);
    if (led === undefined || led.commitIndex !== led.last.index) return false;
    return this.members.every(
      ({ status, tally: own }) =>
        status?.term === led.term &&
        status.leader === leader &&
        status.appliedIndex === led.last.index &&
        own.numbers.length === tally.numbers.length &&
        own.hash === tally.hash,
    );
  }

  healDisks(): void {
    for (const { drive } of this.members) drive.settings = healthyDrive;
  }

  describe(): string {
    return this.members.map(({ id, status }) => describeMember(id, status)).join("; ");
  }
}
