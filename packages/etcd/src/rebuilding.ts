import type { Logger } from "@quorate/host";
import type { LogIndex } from "@quorate/raft";
import type { Replica } from "@quorate/replica";
import type { CommandResult, KeyValueStore } from "@quorate/store";
import type { StateDirectory } from "./state-directory.ts";

export interface RebuildingParts {
  readonly replica: Pick<Replica<CommandResult>, "readBarrier" | "status">;
  readonly store: Pick<KeyValueStore, "checkpointed" | "revision">;
  readonly directory: Pick<StateDirectory, "rebuilt">;
  readonly logger: Logger;
}

/** How long to wait before a barrier that failed is asked for again, and between two looks at the checkpoints, in ms. */
const retryMs = 250;
const lookMs = 1000;

/**
 * Follows a state that is being rebuilt. It is complete when a linearizable read would be answered: then it holds everything
 * that was committed anywhere, and so everything that the discarded one held. It is durable with the next checkpoint.
 */
export class Rebuilding {
  readonly #parts: RebuildingParts;
  #completedAt: LogIndex | undefined;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: RebuildingParts) {
    this.#parts = parts;
    this.#await();
  }

  /** Whether the state may still lack what this member has shown to clients before. */
  get isUnderWay(): boolean {
    return this.#completedAt === undefined;
  }

  /** Up to where the state holds everything at least; undefined while it may not. */
  get completedAt(): LogIndex | undefined {
    return this.#completedAt;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #await(): void {
    const { replica, store, logger } = this.#parts;
    replica.readBarrier((error, index) => {
      if (this.#stopped) return;
      if (error === undefined) {
        this.#completedAt = index;
        logger.warn("the state is rebuilt", { index, revision: store.revision });
        return this.#awaitCheckpoint(index);
      }
      const { appliedIndex, commitIndex } = replica.status;
      logger.info("rebuilding the state", { appliedIndex, commitIndex, waiting: error.message });
      this.#after(retryMs, () => this.#await());
    });
  }

  #awaitCheckpoint(index: number): void {
    const { store, directory, logger } = this.#parts;
    if (store.checkpointed.index < index) return this.#after(lookMs, () => this.#awaitCheckpoint(index));
    directory.rebuilt().then(
      () => logger.info("the rebuilt state is durable", { index }),
      (error: unknown) => logger.warn(`what was set aside could not be tidied up: ${String(error)}`),
    );
  }

  #after(delayMs: number, next: () => void): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(next, delayMs);
    this.#timer.unref();
  }
}
