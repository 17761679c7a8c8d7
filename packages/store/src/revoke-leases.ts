import type { Done } from "@quorate/host";
import type { KeyState } from "./key-state.ts";
import type { KeyText } from "./key-text.ts";
import { sortInSlices } from "./sliced-sort.ts";
import { inTurn, untilFinished, type Pause } from "./steps.ts";
import type { Leases } from "./tables/leases.ts";

/** What goes in one step before the world may go on: keys, and a lease counts as one. */
const removalsPerStep = 256;

export interface RevokingParts {
  readonly state: KeyState;
  readonly leases: Leases;
  readonly pause: Pause;
}

/** Ends leases that are there: the keys of each are deleted in their order, in one revision, and then it is gone. */
export function revokeLeases({ state, leases, pause }: RevokingParts, ids: readonly bigint[], done: Done): void {
  let removed = 0;
  const rest = (next: Done): void => {
    if (++removed % removalsPerStep === 0) pause(() => next(undefined));
    else next(undefined);
  };
  const revoke = (index: number, next: Done): void => {
    const id = ids[index] as bigint;
    sortInSlices([...leases.attached(id)], compareKeys, pause, (keys) => {
      let at = 0;
      const removeNext = (step: (error: undefined, isFinished: boolean) => void): void => {
        const key = keys[at++];
        if (key === undefined) return step(undefined, true);
        leases.move(key, id, 0n);
        state.delete(key);
        rest(() => step(undefined, false));
      };
      untilFinished(removeNext, () => {
        leases.remove(id);
        state.commit();
        rest(next);
      });
    });
  };
  inTurn(ids.length, revoke, done);
}

function compareKeys(left: KeyText, right: KeyText): number {
  return left < right ? -1 : 1;
}
