import type { MemberView } from "../world/tape.ts";
import { conditionOf } from "./words.ts";

/** What a member is, apart from whether its process stands still: a leader that is paused leads when it goes on. */
export function roleOf(view: MemberView): string {
  return conditionOf({ ...view, isPaused: false });
}

/** Its process is there, and stands still. */
export function isStill({ isUp, isPaused }: MemberView): boolean {
  return isUp && isPaused;
}

/** The same in words: "leader, paused". */
export function standingText(view: MemberView): string {
  return `${roleOf(view)}${isStill(view) ? ", paused" : ""}`;
}
