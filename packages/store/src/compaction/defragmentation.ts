import type { Done } from "@quorate/host";
import type { BlockCounts } from "../block-counts.ts";
import type { Engine } from "../engine.ts";
import { historyStart, prefixes, prefixSpan, type EngineSpan } from "../key-space.ts";
import { inTurn, type Pause } from "../steps.ts";

/** The history is gone through in at most so many steps, and no more of them than are as large as this, in bytes. */
const mostSteps = 256;
const leastBytes = 64 * 1024 * 1024;

/**
 * Has the engine give back the space of what was removed, a part of the keys after another, on a thread of its own. Reads, writes and
 * checkpoints go on meanwhile; each step is a compaction such as the engine makes all the time.
 */
export function defragment(
  parts: {
    readonly engine: Engine;
    readonly counts: Pick<BlockCounts, "starts">;
    readonly bytes: number;
    readonly pause: Pause;
    readonly isEnded: () => boolean;
  },
  done: Done,
): void {
  const { engine, counts, bytes, pause, isEnded } = parts;
  if (engine.reclaim === undefined) return done(undefined);
  const spans = [...historySpans(counts.starts, bytes), prefixSpan(prefixes.journal), prefixSpan(prefixes.current)];
  inTurn(
    spans.length,
    (index, next) => {
      if (isEnded()) return next(undefined);
      engine.reclaim?.(spans[index] as EngineSpan, (error) => {
        if (error !== undefined) return next(error);
        pause(() => next(undefined));
      });
    },
    done,
  );
}

/** Cut at blocks, each of which has about as many keys as another. */
function historySpans(starts: readonly string[], bytes: number): EngineSpan[] {
  const steps = Math.max(1, Math.min(mostSteps, starts.length, Math.floor(bytes / leastBytes)));
  const { from, to } = prefixSpan(prefixes.history);
  const cuts = Array.from({ length: steps - 1 }, (_, step) =>
    historyStart(starts[Math.floor(((step + 1) * starts.length) / steps)] as string),
  );
  return [from, ...cuts].map((start, index) => ({ from: start, to: cuts[index] ?? to }));
}
