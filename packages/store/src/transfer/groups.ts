import type { Done } from "@quorate/host";
import { untilFinished, type Pause } from "../steps.ts";
import type { TransferItem } from "./items.ts";

/** Items that are taken in one step. */
const itemsPerStep = 256;

/** Hands items on in groups of one type, one after another, and lets the world go on in between. */
export function inGroups(
  items: readonly TransferItem[],
  pause: Pause,
  take: (group: readonly TransferItem[], done: Done) => void,
  done: Done,
): void {
  let at = 0;
  untilFinished((step) => {
    const first = items[at];
    if (first === undefined) return step(undefined, true);
    let end = at + 1;
    while (end < items.length && end - at < itemsPerStep && items[end]?.type === first.type) end++;
    const group = items.slice(at, end);
    at = end;
    take(group, (error) => {
      if (error !== undefined) return step(error, true);
      if (at >= items.length) return step(undefined, true);
      pause(() => step(undefined, false));
    });
  }, done);
}
