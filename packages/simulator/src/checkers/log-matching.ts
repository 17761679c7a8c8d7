import type { Entry, Term } from "@quorate/raft";
import { checksumOf } from "../log-view.ts";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * Log Matching: two logs with an entry of the same index and term are equal up to it (Raft Figure 3, §5.3). It is enough
 * that one index and term always means one entry and one term before it; the rest follows by induction. So each append
 * costs one look-up, whatever the length of the logs. Entries on the network are held to the same.
 */
export function logMatching(): Checker {
  /** By index and term: the entry's checksum and the term of the entry before it. */
  const known = new Map<number, { readonly checksum: number; readonly previousTerm: Term }>();

  const check = (name: string, where: string, entry: Entry, previousTerm: Term): void => {
    const key = entry.term * maxIndex + entry.index;
    const checksum = checksumOf(entry);
    const first = known.get(key);
    if (first === undefined) {
      known.set(key, { checksum, previousTerm });
      return;
    }
    if (first.checksum !== checksum) {
      throw new SafetyViolation(name, `${where} has another entry ${entry.index} of term ${entry.term} than was seen`);
    }
    if (first.previousTerm !== previousTerm) {
      throw new SafetyViolation(
        name,
        `${where} has entry ${entry.index} of term ${entry.term} behind an entry of term ${previousTerm}; ` +
          `elsewhere it stands behind one of term ${first.previousTerm}`,
      );
    }
  };

  return {
    name: "log matching",
    appended(member, entry, previousTerm) {
      check(this.name, `member ${member.id}`, entry, previousTerm);
    },
    sent(member, _to, message) {
      if (message.type !== "append") return;
      let { term } = message.previous;
      for (const entry of message.entries) {
        check(this.name, `an append of member ${member.id}`, entry, term);
        term = entry.term;
      }
    },
  };
}

/** Larger than any index in a simulation, so that index and term make one number. */
const maxIndex = 0x100_0000;
