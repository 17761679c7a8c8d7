import type { Callback, Done } from "@quorate/host";
import type { LogPosition } from "@quorate/raft";

/**
 * How a state machine gives its state to another member and takes one from it (DESIGN §5): in verified chunks, in bounded
 * steps off the main loop, while commands go on being applied. The bytes in between are the machine's own: nobody else reads
 * headers, points, tokens or chunks. One source per receiver; one sink at a time.
 */
export interface StateTransfer {
  /**
   * What this machine holds durably, in its own terms (a revision, say), as 1 to 255 bytes: a sender decides by it what is
   * missing. It stays true after a restart.
   */
  point(): Uint8Array;
  /**
   * A consistent view of the state, as of its last checkpoint: only what a receiver at `since` (its `point`) lacks where that
   * is possible and cheaper, else everything. `since` undefined asks for everything. Must be closed.
   */
  open(since: Uint8Array | undefined, done: Callback<StateSource>): void;
  /**
   * Begins to take a state that another member sends, beside the present one, which stays in use until `install`. `header` is
   * the source's. What an earlier session left and verified is kept where it still fits (`StateSink.resumeToken`), else removed.
   * Fails with `invalid` for a header that cannot be read or does not fit this state: then ask for everything.
   */
  receive(header: Uint8Array, done: Callback<StateSink>): void;
}

/** A state on its way out. One call at a time. */
export interface StateSource {
  /** The state is as of this entry. */
  readonly position: LogPosition;
  /** At most 64 KiB. */
  readonly header: Uint8Array;
  /** Only what changed since the receiver's point. */
  readonly isIncrement: boolean;
  /** Roughly, in bytes of chunks. */
  readonly totalBytes: number;
  /** The next chunk, of at most 256 KiB; undefined at the end. An error of code `corrupt` says that *this* state is damaged. */
  next(done: Callback<Uint8Array | undefined>): void;
  /** Before the first `next`: leave out what a receiver holds already (`StateSink.resumeToken`, not an empty one). */
  seek(token: Uint8Array, done: Done): void;
  close(): void;
}

/** A state on its way in. One call at a time; `abort` or a finished `install` is the last. */
export interface StateSink {
  /** What is held and verified already, at most 64 KiB for `StateSource.seek`; empty to begin at the start. */
  readonly resumeToken: Uint8Array;
  /**
   * Takes the next chunk, in order. Completes when the next one may come; an error (`invalid` for one that is damaged, missing or out of
   * order) ends the session.
   */
  write(chunk: Uint8Array, done: Done): void;
  /**
   * Everything arrived: verifies the whole and makes it the state, in one step: a crash leaves the old state or the new one.
   * Nothing may be applied and no checkpoint may run or begin meanwhile, and the position must be later than what is applied
   * (`invalid` otherwise). Reads that come meanwhile wait. Gives the position up to which the state holds everything.
   */
  install(done: Callback<LogPosition>): void;
  /** Ends the session: what is verified is kept for a later one, or removed. */
  abort(keep: boolean, done: Done): void;
}
