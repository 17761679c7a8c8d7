import type { Logger } from "@quorate/host";
import type { LogIndex } from "@quorate/raft";
import type { StateComparisonStatus } from "@quorate/replica";
import type { RebuildHistory } from "./rebuild-history.ts";

export interface ProbationParts {
  readonly replica: { readonly stateComparison: Pick<StateComparisonStatus, "agreedIndex"> };
  readonly history: Pick<RebuildHistory, "forget">;
  /** The index from which on agreement says something about the rebuilt state; undefined while it is not known. */
  readonly from: () => LogIndex | undefined;
  readonly logger: Logger;
  /** Between two looks at the comparisons, in ms. */
  readonly lookMs?: number;
}

/** Follows a member whose state was rebuilt of late: once all members' states were equal, that is forgotten. */
export class Probation {
  readonly #parts: ProbationParts;
  readonly #timer: NodeJS.Timeout;

  constructor(parts: ProbationParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#look(), parts.lookMs ?? 1000);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { replica, history, from, logger } = this.#parts;
    const least = from();
    const agreed = replica.stateComparison.agreedIndex;
    if (least === undefined || agreed === undefined || agreed < least) return;
    this.stop();
    history.forget().then(
      () => logger.info("the rebuilt state equals those of the other members", { index: agreed }),
      (error: unknown) => logger.warn(`that the state was rebuilt could not be forgotten: ${String(error)}`),
    );
  }
}
