import type { KeyValue, RangeOperation, Watcher, WatchGroup } from "@quorate/store";
import { EtcdError, refusals } from "../errors.ts";
import { refusalError } from "../kv-responses.ts";
import { replicaRefusal } from "../replica-errors.ts";
import type { ServiceParts } from "../service-parts.ts";
import { lastBefore, oneKey } from "./ownership-keys.ts";

/** A key among those under a name. */
export interface Claim {
  readonly name: Uint8Array;
  readonly key: Uint8Array;
  /** When the key was created. */
  readonly revision: number;
}

/** How a claim ended: `revision` is one at which it was the first, and `"lost"` says that its key is gone. */
export type TurnOutcome =
  | { readonly type: "first"; readonly revision: number }
  | { readonly type: "lost" }
  | { readonly type: "failed"; readonly error: EtcdError };

/**
 * Waits until a claim is the first under its name. Each waits for the one just before it alone, so that an owner who leaves wakes
 * nobody else; and for its own key, since a session may end while it waits. What this member's state says is enough for that: whoever came
 * before is in it, and can only leave. That the claim still stands in the end is asked of the cluster.
 */
export class Turn {
  readonly #parts: ServiceParts;
  readonly #claim: Claim;
  readonly #done: (outcome: TurnOutcome) => void;
  readonly #group: WatchGroup;
  #own: Watcher | undefined;
  #isOver = false;

  constructor(parts: ServiceParts, claim: Claim, done: (outcome: TurnOutcome) => void) {
    this.#parts = parts;
    this.#claim = claim;
    this.#done = done;
    this.#group = parts.watches.group({
      isReady: true,
      events: (watcher) => {
        if (watcher === this.#own) return this.#end({ type: "lost" });
        this.#group.cancel(watcher);
        this.#look();
      },
      // Nothing so new is compacted but by somebody who means it: then all is looked at again.
      compacted: () => this.#look(),
      progress: () => {},
      closed: () => this.#end({ type: "failed", error: refusals.stopped() }),
    });
    this.#begin();
  }

  /** Nobody waits any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#group.close();
  }

  #begin(): void {
    const { key } = this.#claim;
    this.#own = this.#watchDeletion(key, 0);
    this.#read(oneKey(key), (items) => {
      if (this.#isMine(items)) this.#look();
      else this.#end({ type: "lost" });
    });
  }

  #look(): void {
    const { name, revision } = this.#claim;
    this.#read(lastBefore(name, revision), ([before], seenAt) => {
      if (before === undefined) this.#confirm();
      else this.#watchDeletion(before.key, seenAt + 1);
    });
  }

  #confirm(): void {
    this.#parts.replica.readBarrier((error) => {
      if (this.#isOver) return;
      if (error !== undefined) return this.#end({ type: "failed", error: replicaRefusal(error) });
      this.#read(oneKey(this.#claim.key), (items, revision) => {
        this.#end(this.#isMine(items) ? { type: "first", revision } : { type: "lost" });
      });
    });
  }

  #isMine([item]: readonly KeyValue[]): boolean {
    return item?.createRevision === this.#claim.revision;
  }

  #read(operation: RangeOperation, use: (items: readonly KeyValue[], revision: number) => void): void {
    this.#parts.store.range(operation, (error, read) => {
      if (this.#isOver) return;
      if (error !== undefined) return this.#end({ type: "failed", error: refusals.corrupt() });
      if (!read.ok) return this.#end({ type: "failed", error: refusalError(read.refusal) });
      use(read.result.items, read.revision);
    });
  }

  #watchDeletion(key: Uint8Array, startRevision: number): Watcher {
    const range = { key, end: undefined };
    return this.#group.watch({ range, startRevision, wantsPuts: false, wantsDeletes: true, wantsPrevious: false });
  }

  #end(outcome: TurnOutcome): void {
    if (this.#isOver) return;
    this.cancel();
    this.#done(outcome);
  }
}
