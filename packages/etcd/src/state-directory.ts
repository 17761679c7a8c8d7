import { readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "@quorate/host-node";
import { unlessAbsent, writeDurably } from "./durable-file.ts";
import type { Damage } from "./rebuild-history.ts";

/**
 * A member's state on its disk, and what becomes of it when it is damaged. In the data directory:
 *
 *   state               the engine's directory
 *   state.incoming      a state that another member sends, beside it; `state.installed`, `state.replaced` for the moment in
 *                       which the one takes the other's place (`packages/host-node/src/level-home.ts`)
 *   state.damaged       a file: the state in `state` is damaged and must never be opened again
 *   state.damaged-<n>   a damaged state that was set aside, for people to look at
 *   state.rebuilding    a file: the state in `state` does not yet hold all that the damaged one held
 *   state.rebuilds      a file: for what the state was rebuilt of late (`rebuild-history.ts`)
 *
 * Discarding is: set `state` aside, rename the mark to `state.rebuilding`, open an empty state. Every step is durable before
 * the next, and each can be repeated: a crash between two of them is finished by the next start. The damaged state is
 * removed only when it is not the newest of its kind and the rebuilt one is durable; one that was never finished is worth
 * nothing and is removed at once. So there are never more than two beside the one in use.
 *
 * Why discarding a state is safe. The state is a function of the committed entries of the log, in their order, and of nothing
 * else (`StateMachine`). What this member has promised to others, its term, its vote and the entries that it acknowledged
 * (Raft §5.2, §5.3), is in the log's directory, which is not touched: it votes and acknowledges as before, and no quorum
 * loses anything. The entries that are applied again are those that are committed: up to the commit index that the log
 * noted, which rested on a quorum when it was written, and beyond it as far as a leader says so (a leader of one voter
 * commits what its own log holds, once it has an entry of its own term: §5.4.2). Entries from index 1 on are needed: where the
 * log begins later, the leader sends its state, and a member that has nobody else refuses to start on an empty one. What clients were told stays true because reads wait: a
 * linearizable read waits until everything committed before it is applied, as it always does, and local reads wait like
 * those until the member has caught up once (`rebuilding.ts`).
 */
export class StateDirectory {
  readonly #dataDir: string;
  readonly #mark: string;
  readonly #rebuilding: string;
  /** Where the engine lies. */
  readonly path: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    this.path = join(dataDir, "state");
    this.#mark = join(dataDir, "state.damaged");
    this.#rebuilding = join(dataDir, "state.rebuilding");
  }

  /** Whether the member's log lies beside the state. */
  async hasLog(): Promise<boolean> {
    const names = await unlessAbsent(readdir(join(this.#dataDir, "log")));
    return names !== undefined && names.length > 0;
  }

  async exists(): Promise<boolean> {
    return (await unlessAbsent(stat(this.path))) !== undefined;
  }

  /** Notes durably that the state must not be opened again, and why. */
  async markDamaged(why: string): Promise<void> {
    await writeDurably(this.#mark, `${why}\n`);
  }

  /** Why the state must not be opened, and since when; undefined when it may be. */
  async damage(): Promise<Damage | undefined> {
    const text = await unlessAbsent(readFile(this.#mark, "utf8"));
    if (text === undefined) return undefined;
    const { mtime } = await stat(this.#mark);
    return { why: text.trim(), at: mtime.toISOString() };
  }

  /** Whether the state does not yet hold what a discarded one held. */
  async isRebuilding(): Promise<boolean> {
    return (await unlessAbsent(stat(this.#rebuilding))) !== undefined;
  }

  /** Sets a damaged state aside. Nobody may have it open. Gives the path where it lies then; undefined if it was removed. */
  async discard(): Promise<string | undefined> {
    let aside: string | undefined;
    if (await this.exists()) {
      if (await this.isRebuilding()) await rm(this.path, { recursive: true, force: true });
      else {
        aside = join(this.#dataDir, `state.damaged-${((await this.#setAside()).at(-1) ?? 0) + 1}`);
        await rename(this.path, aside);
      }
      await syncDirectory(this.#dataDir);
    }
    await rename(this.#mark, this.#rebuilding);
    await syncDirectory(this.#dataDir);
    return aside;
  }

  /** The rebuilt state is durable and holds everything: of the damaged ones the newest is kept. */
  async rebuilt(): Promise<void> {
    for (const number of (await this.#setAside()).slice(0, -1)) {
      await rm(join(this.#dataDir, `state.damaged-${number}`), { recursive: true, force: true });
    }
    await rm(this.#rebuilding, { force: true });
    await syncDirectory(this.#dataDir);
  }

  /** The numbers of the states that were set aside, ascending. */
  async #setAside(): Promise<number[]> {
    const names = await readdir(this.#dataDir);
    const numbers = names.map((name) => Number(/^state\.damaged-(\d{1,9})$/.exec(name)?.[1] ?? 0));
    return numbers.filter((number) => number > 0).sort((a, b) => a - b);
  }
}
