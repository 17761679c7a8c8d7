import { describePosition, type LogPosition } from "@quorate/raft";
import type { Logger } from "@quorate/host";

/** What pruning needs from the rest of the member. */
export interface PruningParts {
  /** The newest position behind which the log's files hold so many bytes or more; undefined where they hold less. */
  readonly behind: (bytes: number) => LogPosition | undefined;
  /** Where the log begins. */
  readonly base: () => LogPosition;
  /** How much of the log is kept for members that are a little behind, in bytes of its files. */
  readonly keepBytes: number;
  readonly logger: Logger;
  readonly prune: (position: LogPosition) => void;
}

/**
 * Keeps the log bounded (DESIGN §5). The state on the disk, as of its last checkpoint, is the snapshot; nothing has to be
 * written for it. So after each checkpoint the log is dropped up to there, but for a tail: what a member lacks that was away
 * for a little comes from the log, and costs less than a state.
 */
export class Pruning {
  readonly #parts: PruningParts;

  constructor(parts: PruningParts) {
    this.#parts = parts;
  }

  /** A checkpoint covers everything up to `position`. */
  covered(position: LogPosition): void {
    const { behind, base, keepBytes, logger, prune } = this.#parts;
    const limit = behind(keepBytes);
    if (limit === undefined) return;
    const to = limit.index < position.index ? limit : position;
    if (to.index <= base().index) return;
    logger.debug(`the log begins after ${describePosition(to)} from now on`, { base: to.index });
    prune(to);
  }
}
