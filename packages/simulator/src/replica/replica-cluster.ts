import { defaultLimits, isJoint, realRules, recipients } from "@quorate/raft";
import type { Configuration, MemberId, Rules } from "@quorate/raft";
import { defaultReplicaLimits } from "@quorate/replica";
import { allCheckers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import { ClusterRecord } from "../cluster-record.ts";
import { Drive, healthyDrive } from "../drive.ts";
import type { DiskDamage } from "../disk-damage.ts";
import type { CrashKind, DiskFaults, DriveSettings } from "../drive.ts";
import { FaultAtlas } from "../fault-atlas.ts";
import { NetworkConditions } from "../network-conditions.ts";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import { describeMember, simulatedConfiguration } from "../simulated-members.ts";
import { SimulatedInternet } from "../simulated-links.ts";
import { SimulatedNetwork } from "../simulated-network.ts";
import type { SimulatedCluster } from "../simulation.ts";
import { worstStreamLoss } from "../swarm.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { World } from "../world.ts";
import type { BrokenMember } from "./broken-member.ts";
import { addressOf } from "./replica-member-options.ts";
import { ReplicaMember } from "./replica-member.ts";
import { replicatedTally } from "./replicated-tally.ts";
import type { Replicated } from "./replicated.ts";
import type { Tally } from "./tally.ts";

/** About: what a plan says of entries is said to whole members of bytes. */
const meanEntryBytes = 100;

/** What a planted bug breaks, and who watches. */
export interface BrokenParts extends BrokenMember {
  readonly rules?: Rules;
  /** What every member's disk does, beyond what the seed draws; until everything is healed. */
  readonly drive?: Partial<DriveSettings>;
  readonly checkers?: (cluster: WatchedCluster) => readonly Checker[];
}

/** A cluster of production members in one world, which replicate a `Tally` unless something else is given. */
export class ReplicaCluster<State = Tally, Result = number> implements SimulatedCluster {
  readonly world: World;
  readonly ids: readonly MemberId[];
  readonly members: readonly ReplicaMember<State, Result>[];
  readonly conditions: NetworkConditions;
  readonly record: ClusterRecord;
  readonly checkers: readonly Checker[];
  expected: ReadonlySet<MemberId>;
  readonly #atlas: FaultAtlas;
  readonly #network: SimulatedNetwork;
  readonly #internet: SimulatedInternet;
  readonly #replicated: Replicated<State, Result>;

  /** `replicated` must be given where `State` and `Result` are not those of a `Tally`. */
  constructor(
    world: World,
    swarm: SwarmOptions,
    broken: BrokenParts = {},
    replicated = replicatedTally(broken) as unknown as Replicated<State, Result>,
  ) {
    this.world = world;
    const clockRates = [...swarm.clockRates, ...(swarm.operators?.spareClockRates ?? [])];
    this.ids = clockRates.map((_, at) => at + 1);
    // What a transport promises, and no less: order on a lane, no repetition, a loss that is noticed (PeerNetwork).
    const lossProbability = Math.min(swarm.link.lossProbability, worstStreamLoss);
    const link = { ...swarm.link, style: "stream", lossProbability, duplicateProbability: 0 } as const;
    this.conditions = new NetworkConditions(world.streams, link);
    this.record = new ClusterRecord(swarm.limits.maxInflightAppends ?? Number.POSITIVE_INFINITY);
    const checkers: Checker[] = [];
    this.checkers = checkers;
    this.expected = new Set(this.ids);
    this.#atlas = new FaultAtlas(this.ids.length);
    this.#network = new SimulatedNetwork(world, this.conditions, this.record.marks);
    this.#internet = new SimulatedInternet(world, this.conditions);
    this.#replicated = replicated;
    for (const id of this.ids) this.#internet.assign(addressOf(id), id);
    const around = {
      world,
      network: this.#network,
      internet: this.#internet,
      checkers,
      record: this.record,
      atlas: this.#atlas,
    };
    const voters = this.ids.slice(0, swarm.clockRates.length);
    const configuration = simulatedConfiguration(voters, swarm.timing);
    const ofNewcomers = simulatedConfiguration([], swarm.timing);
    const random = world.streams.stream("members");
    this.members = this.ids.map((id, at) => {
      const options = {
        id,
        configuration: voters.includes(id) ? configuration : ofNewcomers,
        limits: swarm.limits,
        rules: broken.rules ?? realRules,
        clock: { rate: clockRates[at] as number, monotonicOriginMs: 1000 * id, wallOriginMs: 0 },
        carrier: swarm.carrier,
        reads: swarm.load.byClock === undefined ? ("read-index" as const) : ("lease" as const),
        broken,
        replicated,
        segmentBytes: (swarm.states === undefined ? random.pick([8, 32, 128]) : 8) * 1024,
        keepLogBytes: swarm.states === undefined ? undefined : swarm.states.keptEntries * meanEntryBytes,
        checkpointMs: swarm.timing.electionTimeoutMs * random.between(1, 10),
      };
      const usual = { ...healthyDrive, ...swarm.disk, ...broken.drive };
      const { streams } = world;
      const crashes = streams.stream(`what crashes leave of member ${id}`);
      const drive = new Drive(streams.stream(`disk of member ${id}`), usual, () => world.nowMs, crashes);
      return new ReplicaMember(options, drive, around);
    });
    const { committed } = this.record;
    checkers.push(
      ...(broken.checkers ?? allCheckers)({
        committed,
        diskOf: (id) => this.members[id - 1]?.durable,
        appliedAtStart: (id) => this.member(id).appliedAtStart,
        limits: { ...defaultLimits, ...swarm.limits },
        largestBatchBytes: defaultReplicaLimits.maxBatchBytes,
        knownStartOf: (id, peer) => this.member(id).disk.knownStart(peer),
      }),
    );
  }

  member(id: MemberId): ReplicaMember<State, Result> {
    return this.members[id - 1] as ReplicaMember<State, Result>;
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

  configuration(): Configuration | undefined {
    const leader = this.leader();
    return leader === 0 ? undefined : this.member(leader).status?.configuration;
  }

  isUp(id: MemberId): boolean {
    return this.member(id).isUp;
  }

  crash(id: MemberId, kind?: CrashKind): void {
    this.member(id).crash(kind);
  }

  crashInTurn(id: MemberId, afterEffects: number, kind?: CrashKind): void {
    this.member(id).crashAfterSends(afterEffects, kind);
  }

  crashAtDisk(id: MemberId, afterOperations: number, kind?: CrashKind): void {
    this.member(id).crashAtDisk(afterOperations, kind);
  }

  start(id: MemberId): void {
    const member = this.member(id);
    if (!member.isUp && !member.isBeyondRepair) member.start();
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
    this.member(id).failDisk(faults);
  }

  damageDisk(id: MemberId, damage: DiskDamage): void {
    // The marks may be all that tells of what its log has lost.
    const isAllThatTells = damage.part === "marks" && this.#atlas.damaged.has(id);
    if (!isAllThatTells && this.#atlas.mayDamage(id)) this.member(id).damageDisk(damage);
  }

  wipeDisk(id: MemberId): void {
    if (this.#isKnownToAll(id, 0)) this.member(id).loseDisk("wiped");
  }

  copyDisk(id: MemberId): void {
    this.member(id).copyDisk();
  }

  restoreDisk(id: MemberId): void {
    const { copiedIncarnation } = this.member(id).disk;
    if (copiedIncarnation !== undefined && this.#isKnownToAll(id, copiedIncarnation))
      this.member(id).loseDisk("restored");
  }

  /** Whether this member's disk may be lost: all others that count know a start of it that comes after this one. */
  #isKnownToAll(id: MemberId, after: number): boolean {
    if (!this.#atlas.mayDamage(id)) return false;
    const { lost } = this.#atlas;
    return this.members.every((other) => other.id === id || lost.has(other.id) || other.disk.knownStart(id) > after);
  }

  reset(one: MemberId, other: MemberId): void {
    this.#network.reset(one, other);
    this.#internet.resetBetween(one, other);
  }

  replayMessage(choice: number): void {
    this.#network.replay(choice);
  }

  damaged(): ReadonlySet<MemberId> {
    return this.#atlas.damaged;
  }

  beyondRepair(): ReadonlySet<MemberId> {
    return new Set(this.members.filter((member) => member.isBeyondRepair || member.isLost).map(({ id }) => id));
  }

  /** Those who belong to the cluster now, as far as its leader knows, and are not broken for good. */
  present(): ReadonlySet<MemberId> {
    const configuration = this.configuration();
    const ids = configuration === undefined ? this.ids : recipients(configuration);
    return new Set(ids.filter((id) => this.expected.has(id)));
  }

  /** Everybody who belongs to the cluster follows one leader, and has applied the same: everything there is. */
  hasConverged(): boolean {
    const leader = this.leader();
    if (leader === 0) return false;
    const { status: led, state } = this.member(leader);
    if (led === undefined || led.commitIndex !== led.last.index) return false;
    const { configuration } = led;
    if (isJoint(configuration) || configuration.promotable.length > 0) return false;
    const ids = recipients(configuration);
    return this.members.every(
      ({ id, status, state: own }) =>
        !this.expected.has(id) ||
        !ids.includes(id) ||
        (status?.term === led.term &&
          !status.quarantined &&
          status.leader === leader &&
          status.appliedIndex === led.last.index &&
          this.#replicated.isSame(own as State, state as State)),
    );
  }

  /**
   * A quiet member's log stays within its bound, whatever slow or dead followers lacked (MISSION row 12; DESIGN §5).
   * @throws SafetyViolation
   */
  checkLogs(): void {
    for (const { id, logMeter } of this.members) {
      const size = this.expected.has(id) ? logMeter?.measure() : undefined;
      if (size === undefined || size.files <= size.bound) continue;
      const told = `the files of member ${id}'s log hold ${size.files} bytes; the bound is ${size.bound}`;
      throw new SafetyViolation("bounded log", told);
    }
  }

  healDisks(): void {
    for (const { drive } of this.members) drive.fail(healthyDrive, {});
  }

  describe(): string {
    return this.members.map(({ id, status }) => describeMember(id, status)).join("; ");
  }
}
