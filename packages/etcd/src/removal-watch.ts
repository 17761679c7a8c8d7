import { isMember } from "@quorate/raft";
import type { ReplicaStatus } from "@quorate/replica";

/** Why a member stopped: the cluster has removed it, for good. There is nothing to be mended. */
export class MemberRemovedError extends Error {
  override readonly name = "MemberRemovedError";
}

export interface RemovalWatchParts {
  readonly replica: { readonly status: Pick<ReplicaStatus, WatchedFields> };
  readonly removed: (error: MemberRemovedError) => void;
  /** Between two looks, in ms: the second in which it is removed ends it, so that it can hand over and tell others. */
  readonly lookMs: number;
}

type WatchedFields = "memberId" | "configuration" | "configurationIndex" | "appliedIndex" | "removedAccordingTo";

/** Ends a member that was removed, as etcd does: it could serve nobody, and would look as if it belonged to the cluster. */
export class RemovalWatch {
  readonly #parts: RemovalWatchParts;
  readonly #timer: NodeJS.Timeout;
  #looks = 0;

  constructor(parts: RemovalWatchParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.#look(), parts.lookMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { replica, removed } = this.#parts;
    this.#looks = isRemoved(replica.status) ? this.#looks + 1 : 0;
    if (this.#looks < 2) return;
    this.stop();
    removed(
      new MemberRemovedError(
        "this member was removed from its cluster, for good: its data directory can be removed. To have a member here again, " +
          "let a new one join with an empty directory",
      ),
    );
  }
}

/** A configuration that is not committed may be taken back. */
function isRemoved({
  memberId,
  configuration,
  configurationIndex,
  appliedIndex,
  removedAccordingTo,
}: RemovalWatchParts["replica"]["status"]): boolean {
  const hasLeft = configuration.removed.includes(memberId) && !isMember(configuration, memberId);
  return removedAccordingTo !== 0 || (hasLeft && appliedIndex >= configurationIndex);
}
