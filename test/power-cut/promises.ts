import type { Recorded } from "./operations.ts";
import type { RecoveredMember } from "./recovered-member.ts";
import type { Promised } from "./sent-promises.ts";

interface Moment extends Promised {
  readonly position: number;
}

/** What the recorded members had promised to each other, and when. */
export class Promises {
  readonly #byMember = new Map<number, Moment[]>();

  constructor({ operations, moments }: Recorded) {
    for (const [position, moment] of moments.entries()) {
      const operation = operations[moment >> 1];
      if (operation?.kind !== "promise") continue;
      const { promised } = operation;
      const own = this.#byMember.get(promised.member) ?? [];
      own.push({ ...promised, position });
      this.#byMember.set(promised.member, own);
    }
  }

  /** What a member that came back from a power cut at `position` no longer knows of what it had promised before. */
  broken(position: number, { name, replica, found }: RecoveredMember): readonly string[] {
    const given = (this.#byMember.get(replica.status.memberId) ?? []).filter((one) => one.position < position);
    const term = given.reduce((highest, one) => Math.max(highest, one.term), 0);
    const wrong: string[] = [];
    if (found.term < term) wrong.push(`${name}: it had spoken in term ${term}, and is back in term ${found.term}`);
    for (const { vote } of given.filter((one) => one.term === found.term)) {
      if (vote === undefined || vote === found.vote) continue;
      wrong.push(`${name}: it had voted for ${vote} in term ${found.term}, and now says ${found.vote}`);
      break;
    }
    // A leader of a later term may have replaced what was accepted in an earlier one.
    const match = given.reduce((most, one) => (one.term === found.term ? Math.max(most, one.match ?? 0) : most), 0);
    if (found.lastIndex < match) {
      wrong.push(
        `${name}: it had accepted entries up to ${match} in term ${found.term}, and its log ends at ${found.lastIndex}`,
      );
    }
    return wrong;
  }
}
