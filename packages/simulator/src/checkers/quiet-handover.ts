import { entryKinds } from "@quorate/raft";
import type { Entry } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker, Observed } from "../observation.ts";

/**
 * A leader that hands over takes no commands meanwhile (dissertation §3.10, step 1): whoever is to lead would have to catch up
 * with each of them first, and under load never would.
 */
export function quietHandover(): Checker {
  /** Commands that were appended in the turn that is being looked at, and by whom. */
  let fresh: { readonly by: Observed; readonly entry: Entry }[] = [];
  return {
    name: "quiet handover",
    appended(member, entry) {
      if (entry.kind === entryKinds.command) fresh.push({ by: member, entry });
    },
    changed(member, before, after) {
      const taken = fresh.find(({ by, entry }) => by === member && entry.term === after.term)?.entry;
      fresh = [];
      const hasLed = before.role === "leader" && after.role === "leader" && before.term === after.term;
      if (taken === undefined || !hasLed || before.transferringTo === 0) return;
      if (after.transferringTo !== before.transferringTo) return;
      throw new SafetyViolation(
        this.name,
        `leader ${member.id} took the command of entry ${taken.index} while it handed over to member ${after.transferringTo}`,
      );
    },
  };
}
