import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { syncDirectory } from "@quorate/host-node";
import { unlessAbsent, writeDurably } from "./durable-file.ts";
import { EtcdServerError } from "./server-options.ts";

/** Damage to a state, as it was noted. */
export interface Damage {
  /** When, as ISO 8601 with milliseconds. */
  readonly at: string;
  /** For people: what is damaged or differs, and where. */
  readonly why: string;
}

/** How often a state is rebuilt of itself within `countedMs`, unless it is found right in between. */
export const maxRebuilds = 3;
/** Whoever has served for so long, in ms, is rebuilt again without questions: a week. */
const countedMs = 7 * 24 * 60 * 60 * 1000;
/** What is kept of a reason, in characters. */
const maxReason = 1000;

/**
 * For what a member's state was rebuilt of late: `state.rebuilds` in the data directory, a line of JSON for each. A state that
 * the same log makes wrong again and again (a program that does not do the same everywhere, versions that differ, bad memory)
 * would otherwise be rebuilt for ever, by one start after the other. It is forgotten once all members agree (`probation.ts`).
 */
export class RebuildHistory {
  readonly path: string;

  constructor(dataDir: string) {
    this.path = join(dataDir, "state.rebuilds");
  }

  /** Oldest first; lines that cannot be read are passed over. */
  async read(): Promise<readonly Damage[]> {
    const text = (await unlessAbsent(readFile(this.path, "utf8"))) ?? "";
    return text.split("\n").flatMap((line) => damageIn(line) ?? []);
  }

  /**
   * To be called before the state is discarded; the same damage counts once, so that a start that ended in between may do
   * it again. Gives which rebuilding this is, from 1 on. Rejects with an `EtcdServerError` when it would be one too many.
   */
  async begin({ at, why }: Damage): Promise<number> {
    const since = new Date(Date.now() - countedMs).toISOString();
    const before = (await this.read()).filter((damage) => damage.at !== at && damage.at > since);
    if (before.length >= maxRebuilds) throw this.#tooMany(before, why);
    const records = [...before, { at, why: why.slice(0, maxReason) }];
    await writeDurably(this.path, records.map((record) => `${JSON.stringify(record)}\n`).join(""));
    return records.length;
  }

  async forget(): Promise<void> {
    await rm(this.path, { force: true });
    await syncDirectory(dirname(this.path));
  }

  #tooMany(before: readonly Damage[], why: string): EtcdServerError {
    const last = before.at(-1);
    return new EtcdServerError(
      `the state was rebuilt from the log ${before.length} times since ${before[0]?.at}, and is wrong again: ${why} (the time ` +
        `before, at ${last?.at}: ${last?.why}). It is not rebuilt once more, since that would end here again. Check this ` +
        "machine's memory and disk, and that all members run the same version of the program (quorate status); then remove " +
        `the file ${this.path} and start the member again, which rebuilds the state`,
    );
  }
}

function damageIn(line: string): Damage | undefined {
  try {
    const { at, why } = JSON.parse(line) as Partial<Record<keyof Damage, unknown>>;
    return typeof at === "string" && typeof why === "string" ? { at, why } : undefined;
  } catch {
    return undefined;
  }
}
