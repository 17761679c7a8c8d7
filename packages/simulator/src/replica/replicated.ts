import type { Host } from "@quorate/host";
import type { MemberId } from "@quorate/raft";
import type { Replica, StateMachine } from "@quorate/replica";
import type { Checker } from "../observation.ts";

/** What the members of a world replicate: a state machine for each start of a member, and the state for those who look at it. */
export interface Replicated<State, Result> {
  /** Opens what a member's disk holds of it. Asked once in each start, before the member itself is opened. */
  open(place: MachinePlace, done: (error: Error | undefined, opened: OpenedMachine<State, Result>) => void): void;
  /** Whether two members that have applied the same entries hold the same. */
  isSame(one: State, other: State): boolean;
  /** What clients meet in place of the member, if not the member itself. */
  readonly around?: ((replica: Replica<Result>) => Replica<Result>) | undefined;
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
