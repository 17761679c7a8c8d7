import type { Host } from "@quorate/host";
import type { MemberId } from "@quorate/raft";
import type { Replica, StateMachine } from "@quorate/replica";
import type { DiskDamage } from "../disk-damage.ts";
import type { Checker } from "../observation.ts";

/** What the members of a world replicate: a state machine for each start of a member, and the state for those who look at it. */
export interface Replicated<State, Result> {
  /** Opens what a member's disk holds of it. Asked once in each start, before the member itself is opened. */
  open(place: MachinePlace, done: (error: Error | undefined, opened: OpenedMachine<State, Result>) => void): void;
  /** Whether two members that have applied the same entries hold the same. */
  isSame(one: State, other: State): boolean;
  /** Where what `open` opens lies, unless it is on the simulated disk itself. */
  readonly beside?: StatesBesideDisks | undefined;
  /** What clients meet in place of the member, if not the member itself. */
  readonly around?: ((replica: Replica<Result>) => Replica<Result>) | undefined;
}

/** States that lie beside the simulated disks of their members: what is done to a disk while its process is down is done to them. */
export interface StatesBesideDisks {
  wipe(member: MemberId): void;
  copy(member: MemberId): void;
  /** What was copied last takes the place of the state; an empty one where there is no copy. */
  restore(member: MemberId): void;
  /** Returns what it did, for people; undefined for nothing. */
  damage(member: MemberId, damage: DiskDamage): string | undefined;
}

export interface MachinePlace {
  readonly member: MemberId;
  readonly host: Host;
  /** For its files: absolute; missing at first, in a directory that is there. */
  readonly directory: string;
  readonly checkers: readonly Checker[];
}

export interface OpenedMachine<State, Result> {
  readonly machine: StateMachine<Result>;
  readonly state: State;
}
