import { HostError, type Callback, type Disk, type Done } from "@quorate/host";
import type { LogPosition } from "@quorate/raft";
import { readMemoryState, writeMemoryState } from "./memory-state-file.ts";
import type { Committed, StateMachine } from "./state-machine.ts";

/**
 * A state that lives in memory and changes by plain synchronous functions. `apply` must be deterministic: no clock, no
 * randomness, nothing but the state and the command.
 */
export interface MemoryState<Result> {
  /**
   * Changes the state and returns the result. The command is a view that is only valid during the call: copy what is
   * kept. Refuse a bad command with a result; throwing stops the member.
   */
  apply(command: Uint8Array): Result;
  /** The whole state as bytes. Runs on the main loop: meant for states of up to some tens of MB. */
  snapshot(): Uint8Array;
  /** Replaces the whole state by one that `snapshot` gave. Called once at start, when there is one. */
  restore(snapshot: Uint8Array): void;
}

/**
 * Makes a durable state machine of a state in memory. Its checkpoints go to a file in `directory` (absolute; created when
 * its parent exists), replaced as a whole and verified when it is read. Completes with an error when the file is damaged.
 */
export function memoryMachine<Result>(
  state: MemoryState<Result>,
  place: { readonly disk: Disk; readonly directory: string },
  done: (error: Error | undefined, machine: StateMachine<Result>) => void,
): void {
  const { disk, directory } = place;
  readMemoryState(disk, directory, (error, found) => {
    if (error !== undefined) return done(error, undefined as never);
    try {
      if (found !== undefined) state.restore(found.state);
    } catch (cause) {
      const message = "the state could not be restored from its checkpoint";
      return done(new HostError("invalid", directory, message, { cause }), undefined as never);
    }
    done(undefined, new MemoryMachine(state, disk, directory, found?.position ?? { index: 0, term: 0 }));
  });
}

class MemoryMachine<Result> implements StateMachine<Result> {
  readonly restored: LogPosition;
  /** Bytes of commands since the last checkpoint: what a restart would replay. */
  dirtyBytes = 0;
  readonly #state: MemoryState<Result>;
  readonly #disk: Disk;
  readonly #directory: string;

  constructor(state: MemoryState<Result>, disk: Disk, directory: string, restored: LogPosition) {
    this.#state = state;
    this.#disk = disk;
    this.#directory = directory;
    this.restored = restored;
  }

  apply(commands: readonly Committed[], done: Callback<readonly Result[]>): void {
    const results: Result[] = [];
    for (const { index, command } of commands) {
      try {
        results.push(this.#state.apply(command));
      } catch (cause) {
        const message = `the command at ${index} made the state machine throw`;
        return done(new HostError("invalid", this.#directory, message, { cause }), []);
      }
      this.dirtyBytes += command.length;
    }
    done(undefined, results);
  }

  checkpoint(position: LogPosition, done: Done): void {
    const covered = this.dirtyBytes;
    const snapshot = this.#state.snapshot();
    writeMemoryState(this.#disk, this.#directory, { position, state: snapshot }, (error) => {
      if (error === undefined) this.dirtyBytes -= covered;
      done(error);
    });
  }

  close(done: Done): void {
    done(undefined);
  }
}
