import type { HostError } from "@quorate/host";
import type { EngineSnapshot } from "./engine.ts";
import type { Layer } from "./layer.ts";
import type { Pause } from "./steps.ts";

/**
 * The state at one revision, as long as a reader needs it: the layers of the moment when it was taken, the newest first,
 * over an engine snapshot of the same moment. What is applied later is newer than `revision` and so invisible; what is
 * checkpointed later is in the layers already.
 */
export interface View {
  readonly revision: number;
  readonly layers: readonly Layer[];
  readonly snapshot: EngineSnapshot;
  /** Everything newer than this is in the layers; everything else is in the engine. */
  readonly durableRevision: number;
  /**
   * The engine holds nothing newer than this (a checkpoint under way may have arrived there or not). For older views a
   * key's newest version in the engine may be too new.
   */
  readonly engineRevision: number;
  readonly pause: Pause;
  /** Why reading must end early: the store was closed. */
  interrupted(): HostError | undefined;
  close(): void;
}
