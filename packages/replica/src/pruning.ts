import { describePosition, type LogIndex, type LogPosition } from "@quorate/raft";
import type { Logger } from "@quorate/host";

/** What pruning needs from the rest of the member. */
export interface PruningParts {
  /** The newest position behind which the log's files hold so many bytes or more; undefined where they hold less. */
  readonly behind: (bytes: number) => LogPosition | undefined;
  /** Where the log begins. */
  readonly base: () => LogPosition;
  /** How much of the log is kept for members that are a little behind, in bytes of its files. */
  readonly keepBytes: number;
  /** The first entry that somebody who is catching up still needs from this log; Infinity for nobody. */
  readonly neededFrom: () => LogIndex;
  readonly logger: Logger;
  readonly prune: (position: LogPosition) => void;
}

/** So many times as much is kept where somebody needs it. */
const mostFactor = 8;

/**
 * Keeps the log bounded (DESIGN §5). The state on the disk, as of its last checkpoint, is the snapshot; nothing has to be
 * written for it. So after each checkpoint the log is dropped up to there, but for a tail: what a member lacks that was away
 * for a little comes from the log, and costs less than a state.
 *
 * A member that is catching up, or to which a state is on its way, needs what comes next from the log: pruned meanwhile, it would
 * need another state, and so for ever. So nothing is pruned that it needs, up to a bound.
 */
export class Pruning {
  readonly #parts: PruningParts;

  constructor(parts: PruningParts) {
    this.#parts = parts;
  }

  /** A checkpoint covers everything up to `position`. */
  covered(position: LogPosition): void {
    const { behind, base, keepBytes, neededFrom, logger, prune } = this.#parts;
    const limit = behind(keepBytes);
    if (limit === undefined) return;
    let to = limit.index < position.index ? limit : position;
    if (to.index >= neededFrom()) {
      const most = behind(keepBytes * mostFactor);
      if (most === undefined) return;
      to = most.index < position.index ? most : position;
    }
    if (to.index <= base().index) return;
    logger.debug(`the log begins after ${describePosition(to)} from now on`, { base: to.index });
    prune(to);
  }
}
