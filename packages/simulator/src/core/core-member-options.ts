import type { Configuration, Limits, MemberId, Message, RaftCore, RaftOptions, RaftStatus, Rules } from "@quorate/raft";
import type { ClusterRecord } from "../cluster-record.ts";
import type { FaultAtlas } from "../fault-atlas.ts";
import type { Checker } from "../observation.ts";
import type { ClockSettings } from "../simulated-clock.ts";
import type { SimulatedNetwork } from "../simulated-network.ts";
import type { DiskPace, StatePlan } from "../swarm.ts";
import type { World } from "../world.ts";
import type { DeviceBugs, LogDevice } from "./log-device.ts";
import type { StatesUnderWay } from "./state-courier.ts";

/** How a planted bug falsifies what a member takes in: a message as its core is shown it, or undefined to drop it. */
export type Distortion = (message: Message, receiver: RaftStatus, from: MemberId) => Message | undefined;

/** Makes the core of an incarnation: `createRaft`, or a planted bug around it. */
export type CoreFactory = (options: RaftOptions) => RaftCore;

export interface CoreMemberOptions {
  readonly id: MemberId;
  /** The cluster's first one; of a member that is to join later, one without voters. */
  readonly configuration: Configuration;
  /** Everybody whom it may hear, now or later. */
  readonly peers: readonly MemberId[];
  /** Whether and how its log is pruned and its state sent; undefined for a log that keeps everything. */
  readonly states?: StatePlan | undefined;
  readonly limits: Partial<Limits>;
  readonly clock: ClockSettings;
  readonly rules: Rules;
  readonly deviceBugs: DeviceBugs;
  readonly createCore: CoreFactory;
  readonly distort?: Distortion | undefined;
  /** How long inputs are gathered before the core's effects are taken, in ms at most; 0 to take them after each. */
  readonly gatherMs: number;
  readonly disk: DiskPace;
  /** Whether it remembers the starts of the others, and listens to none that has forgotten an earlier one, as a replica does. */
  readonly knowsStarts: boolean;
}

/** What members share: the world they live in and those who watch them. */
export interface CoreSurroundings {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly checkers: readonly Checker[];
  readonly record: ClusterRecord;
  readonly atlas: FaultAtlas;
  readonly states: StatesUnderWay;
  readonly diskOf: (id: MemberId) => LogDevice;
}
