import type { LogPosition, PlacedConfiguration } from "@quorate/raft";
import type { LogView } from "../log-view.ts";

/** A whole state of the machine that is one running hash, as it is sent to a member whose log cannot catch up. */
export interface CoreState {
  /** The last entry that it was made of. */
  readonly position: LogPosition;
  readonly hash: number;
  /** Everything that it was made of: what checkers take for the part of the log that it stands for. */
  readonly history: LogView;
  /** The configuration in force at `position`. */
  readonly placed: PlacedConfiguration;
}
