import type { Callback, Done } from "@quorate/host";
import type { Engine } from "./engine.ts";

/**
 * Where a store's engine lies, and another one beside it, in which a state that is being received is put together. A home
 * has one user, who closes an engine before asking for anything that concerns its place.
 */
export interface EngineHome {
  /** Opens the engine in use, and makes it where there is none. Finishes an exchange that a crash has broken off. */
  open(done: Callback<Engine>): void;
  /** Opens the engine beside it: what an earlier life left there, or an empty one. */
  openStaging(done: Callback<Engine>): void;
  /** Removes the engine beside, if there is one. It must be closed. */
  discardStaging(done: Done): void;
  /**
   * Puts the engine beside in the place of the one in use, which is removed. Both must be closed. After a crash one of the
   * two is found by `open`, whole; once done is called, the new one.
   */
  exchange(done: Done): void;
}
