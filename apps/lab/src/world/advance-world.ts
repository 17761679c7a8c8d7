import type { World } from "@quorate/simulator";
import type { LabAction, TimedAction } from "./lab-action.ts";

/** Lets everything happen up to a moment, and what is in `waiting` at its own. */
export function advanceWorld(
  world: World,
  waiting: TimedAction[],
  untilMicros: number,
  perform: (action: LabAction) => void,
): void {
  const runUntil = (micros: number): void => {
    if (micros > world.nowMicros) world.run((micros - world.nowMicros) / 1000);
  };
  for (;;) {
    const next = waiting[0];
    if (next === undefined || next.at > untilMicros) break;
    waiting.shift();
    runUntil(next.at);
    perform(next.action);
  }
  runUntil(untilMicros);
}
