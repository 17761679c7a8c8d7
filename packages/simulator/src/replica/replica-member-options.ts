import type { NetworkAddress } from "@quorate/host";
import type { Configuration, Limits, MemberId, ReadMode, Rules } from "@quorate/raft";
import type { ClusterRecord } from "../cluster-record.ts";
import type { FaultAtlas } from "../fault-atlas.ts";
import type { Checker } from "../observation.ts";
import type { ClockSettings } from "../simulated-clock.ts";
import type { SimulatedInternet } from "../simulated-links.ts";
import type { SimulatedNetwork } from "../simulated-network.ts";
import type { World } from "../world.ts";
import type { BrokenMember } from "./broken-member.ts";
import type { Replicated } from "./replicated.ts";

/** How long a member may take over a request, in election timeouts. */
export const requestTimeouts = 10;

/** Where a member's transport listens, as the simulated configuration says. */
export function addressOf(id: MemberId): NetworkAddress {
  return { host: `member-${id}`, port: 2380 };
}

export interface ReplicaSurroundings {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly internet: SimulatedInternet;
  readonly checkers: readonly Checker[];
  readonly record: ClusterRecord;
  readonly atlas: FaultAtlas;
}

export interface ReplicaMemberOptions<State, Result> {
  readonly id: MemberId;
  /** The cluster's first one; of a member that is to join later, one without anybody. */
  readonly configuration: Configuration;
  readonly limits: Partial<Limits>;
  readonly rules: Rules;
  readonly clock: ClockSettings;
  /** See `SwarmOptions`. */
  readonly carrier: "messages" | "transport";
  readonly reads: ReadMode;
  readonly broken: BrokenMember;
  readonly replicated: Replicated<State, Result>;
  readonly segmentBytes: number;
  readonly checkpointMs: number;
  /** How much of the log is kept behind a checkpoint, in bytes of its files; undefined for everything. */
  readonly keepLogBytes: number | undefined;
}
