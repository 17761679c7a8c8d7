import type { Disk, Logger } from "@quorate/host";
import type { MemberId, RaftCore } from "@quorate/raft";
import type { MemoryState, Replica } from "@quorate/replica";
import type { PeerEvents, PeerNetwork } from "@quorate/transport";
import type { CoreFactory } from "../core/core-member-options.ts";
import type { StateBug } from "./tally.ts";

/**
 * What a planted bug puts around a part of a production member, or in its place; an absent part is the real one. Each is
 * asked once in a start of a member, and so starts with nothing that the last incarnation knew.
 */
export interface BrokenMember {
  readonly createCore?: CoreFactory;
  /** The core as the member's log hears of it, behind the checkers' back. */
  readonly log?: (core: RaftCore) => RaftCore;
  readonly stateBug?: StateBug;
  readonly state?: (state: MemoryState<number>) => MemoryState<number>;
  /** The disk as the log and the state machine see it. */
  readonly disk?: (disk: Disk) => Disk;
  /** What a network tells its member, and what a member tells its network. */
  readonly events?: (events: PeerEvents) => PeerEvents;
  readonly network?: (network: PeerNetwork) => PeerNetwork;
  /** What hears the member's own log, beside the trace. */
  readonly logger?: (member: MemberId) => Logger;
  /** The member as its clients meet it. */
  readonly replica?: (replica: Replica<number>) => Replica<number>;
}
