import type { MemberId } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * Whoever is heard is known by this very start, or a later one, on the disk (decisions/0008): only so is a peer whose disk was
 * wiped, or is an older copy, told from one that has restarted, whatever this member itself forgets in a crash.
 */
export function knownStarts(knownStartOf: (id: MemberId, peer: MemberId) => number): Checker {
  return {
    name: "known starts",
    heard(member, peer, incarnation) {
      const known = knownStartOf(member.id, peer);
      if (known >= incarnation) return;
      throw new SafetyViolation(
        this.name,
        `member ${member.id} takes in a message of start ${incarnation} of member ${peer}; its disk knows start ${known}`,
      );
    },
  };
}
