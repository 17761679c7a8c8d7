import type { WatchAnswer, WatchHub, WatchSink } from "@quorate/store";

/** What a planted bug breaks about watches; an absent part is the real one. */
export interface BrokenWatches {
  /** Changes the hub of one start of a member. */
  readonly hub?: (hub: WatchHub) => void;
  /** Where a stream's answers go. */
  readonly sink?: (sink: WatchSink, hub: WatchHub) => WatchSink;
  /** What a client makes of an answer before it looks at it. */
  readonly answer?: (answer: WatchAnswer) => WatchAnswer;
}
