import type { MemberId } from "@quorate/raft";
import type { CommandResult, PlainCommand, RangeResult, ReadResult, ScrubReport, StateHash } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import { CompactionModel, shownRange } from "./compaction-model.ts";

/** Where a store stood: its revision, and the one before which it answers nothing. */
export interface Standing {
  readonly revision: number;
  readonly compactedRevision: number;
}

/**
 * Holds members to a plain model while they compact, remove what was given up, crash and are sent states: what the log holds comes
 * out the same, what can be read is what was there, what cannot is refused, and hashes are equal however far removing has come.
 */
export class CompactionBook {
  readonly #model = new CompactionModel();
  readonly #outcomes = new Map<number, string>();
  /** What was compacted at each revision that the model came by, in the order of the log. */
  readonly #standings = new Set<string>(["1/0"]);
  readonly #hashes = new Map<string, { readonly hash: number; readonly member: MemberId }>();
  readonly counts = { compactions: 0, reads: 0, refusedReads: 0, hashes: 0, scrubs: 0, removals: 0 };
  #last = 0;

  get revision(): number {
    return this.#model.revision;
  }

  /** @throws SafetyViolation */
  applied(member: MemberId, index: number, command: PlainCommand, result: CommandResult): void {
    if (index > this.#last) {
      this.#last = index;
      const outcome = this.#model.apply(command);
      this.#outcomes.set(index, `${outcome} ${this.#model.revision}`);
      this.#standings.add(`${this.#model.revision}/${this.#model.compacted}`);
      if (command.type === "compact" && outcome === "ok") this.counts.compactions++;
    }
    const expected = this.#outcomes.get(index);
    const found = `${result.ok ? "ok" : result.refusal} ${result.revision}`;
    if (found !== expected) wrong(`member ${member} applies ${command.type} at ${index}: ${found}, not ${expected}`);
  }

  /** A read of everything, asked of a store that stood here. @throws SafetyViolation */
  read(member: MemberId, at: Standing, revision: number, read: ReadResult<RangeResult>): void {
    this.#stands(member, at);
    this.counts.reads++;
    const isCompacted = revision < at.compactedRevision;
    const expected = isCompacted ? "compacted" : revision > at.revision ? "future-revision" : this.#model.at(revision);
    if (isCompacted) this.counts.refusedReads++;
    const found = read.ok ? shownRange(read.result) : read.refusal;
    if (found === expected) return;
    wrong(
      `member ${member} at ${at.revision}, compacted at ${at.compactedRevision}, shows "${found}" of revision ${revision}, not "${expected}"`,
    );
  }

  /** @throws SafetyViolation */
  hashed(member: MemberId, { hash, revision, compactedRevision }: StateHash): void {
    this.counts.hashes++;
    const name = `${revision}/${compactedRevision}`;
    const first = this.#hashes.get(name) ?? { hash, member };
    this.#hashes.set(name, first);
    if (first.hash !== hash) {
      wrong(`at ${name} the hash of member ${member} is ${hash}, and that of member ${first.member} was ${first.hash}`);
    }
  }

  /** @throws SafetyViolation */
  scrubbed(member: MemberId, { damage }: ScrubReport): void {
    this.counts.scrubs++;
    if (damage !== undefined) wrong(`a scrub of member ${member} finds damage: ${damage.message}`);
  }

  /** Versions that a member's engine holds of each key, ascending, when it says that all are removed up to a revision. @throws SafetyViolation */
  kept(
    member: MemberId,
    removedTo: number,
    versions: ReadonlyMap<string, readonly { revision: number; isPut: boolean }[]>,
  ): void {
    if (removedTo > 0) this.counts.removals++;
    for (const [key, all] of versions) {
      const old = all.filter(({ revision }) => revision <= removedTo);
      const isClean = old.length === 0 || (old.length === 1 && old[0]?.isPut === true);
      if (!isClean) {
        const left = old.map(({ revision }) => revision).join(", ");
        wrong(`member ${member} has removed all up to ${removedTo}, and still holds ${key} of ${left}`);
      }
    }
  }

  #stands(member: MemberId, { revision, compactedRevision }: Standing): void {
    if (this.#standings.has(`${revision}/${compactedRevision}`)) return;
    wrong(`member ${member} stands at revision ${revision}, compacted at ${compactedRevision}: nobody was ever there`);
  }
}

function wrong(what: string): never {
  // One of the keys ends in a zero byte.
  throw new SafetyViolation("compaction", what.replaceAll("\0", "\\0"));
}
