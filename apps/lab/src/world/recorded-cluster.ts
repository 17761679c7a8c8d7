import type { HardState, LogPosition, RaftStatus } from "@quorate/raft";
import type { CoreCluster, NetworkConditions, PacketWatcher, StatePlan } from "@quorate/simulator";

/** What a recording looks at, of members of whatever kind. */
export interface RecordedCluster {
  readonly ids: readonly number[];
  /** In the order of `ids`. */
  readonly members: readonly RecordedMember[];
  readonly conditions: NetworkConditions;
  readonly record: { readonly committed: { readonly lastIndex: number } };
  /** From now on this one is told of each message. */
  readonly watch: (watcher: PacketWatcher) => void;
}

export interface RecordedMember {
  readonly id: number;
  readonly incarnation: number;
  /** Undefined while it is down. */
  readonly status: RaftStatus | undefined;
  readonly scope: { readonly paused: boolean } | undefined;
  /** When its core wants to be woken, in ms from now; undefined where nobody knows. */
  readonly dueInMs: number | undefined;
  readonly machine: { readonly clock: { readonly rate: number } };
  readonly disk: { readonly isFull: boolean };
  /** Of modelled members: what a state of theirs weighs. */
  readonly options?: { readonly states?: StatePlan | undefined };
  /** Its log, what is not durable yet included. */
  readonly log: RecordedLog;
  /** What its disk holds. */
  readonly durable: {
    readonly view: RecordedLog;
    readonly last: LogPosition;
    readonly hardState: HardState;
    readonly base: { readonly index: number };
    readonly checkpoint: { readonly index: number };
    /** It is empty, or an older copy, and has forgotten what its member promised. */
    readonly wasWiped: boolean;
  };
}

/** Of all entries at this moment; the first of each is the 0 before the log. */
interface RecordedLog {
  terms(): readonly number[];
  checksums(): readonly number[];
}

export function recordedCores(cluster: CoreCluster): RecordedCluster {
  const { ids, members, conditions, record, network } = cluster;
  const watch = (watcher: PacketWatcher): void => {
    network.watcher = watcher;
  };
  return { ids, members, conditions, record, watch };
}
