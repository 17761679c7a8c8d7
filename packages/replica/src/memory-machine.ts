import { HostError, type Callback, type Disk, type Done } from "@quorate/host";
import type { LogIndex, LogPosition } from "@quorate/raft";
import { findMemoryState, readMemoryState, writeMemoryState, type StoredState } from "./memory-state-file.ts";
import { MemoryTransfer } from "./memory-transfer.ts";
import type { Committed, StateMachine } from "./state-machine.ts";
import type { StateTransfer } from "./state-transfer.ts";

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
  /**
   * Replaces the whole state by one that `snapshot` gave, here or on another member: at start, when there is one, and when a
   * leader sends its state. Must copy what it keeps.
   */
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
  findMemoryState(disk, directory, (error, found) => {
    if (error !== undefined) return done(error, undefined as never);
    try {
      if (found !== undefined) state.restore(found.state);
    } catch (cause) {
      const message = "the state could not be restored from its checkpoint";
      return done(new HostError("invalid", directory, message, { cause }), undefined as never);
    }
    done(undefined, new MemoryMachine(state, disk, directory, found));
  });
}

class MemoryMachine<Result> implements StateMachine<Result> {
  readonly restored: LogPosition;
  /** Bytes of commands since the last checkpoint: what a restart would replay. */
  dirtyBytes = 0;
  readonly #state: MemoryState<Result>;
  readonly #disk: Disk;
  readonly #directory: string;
  readonly transfer: StateTransfer;
  /** About what sending the state would take: the size of the last checkpoint. */
  stateBytes: number;
  #checkpointed: LogPosition;
  /** The last entry that the state in memory holds. */
  #appliedIndex: LogIndex;

  constructor(state: MemoryState<Result>, disk: Disk, directory: string, found: StoredState | undefined) {
    this.#state = state;
    this.#disk = disk;
    this.#directory = directory;
    this.restored = found?.position ?? { index: 0, term: 0 };
    this.stateBytes = found?.state.length ?? 0;
    this.#checkpointed = this.restored;
    this.#appliedIndex = this.restored.index;
    this.transfer = new MemoryTransfer({
      read: (done) => readMemoryState(disk, directory, (error, stored) => done(asHostError(error, directory), stored)),
      point: () => this.#checkpointed,
      install: (stored, done) => this.#install(stored, done),
    });
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
      this.#appliedIndex = index;
    }
    done(undefined, results);
  }

  checkpoint(position: LogPosition, done: Done): void {
    const covered = this.dirtyBytes;
    const snapshot = this.#state.snapshot();
    writeMemoryState(this.#disk, this.#directory, { position, state: snapshot }, (error) => {
      if (error === undefined) {
        this.dirtyBytes -= covered;
        this.stateBytes = snapshot.length;
        this.#checkpointed = position;
      }
      done(error);
    });
  }

  /** In memory first: what cannot be restored must not become the checkpoint. */
  #install(stored: StoredState, done: Done): void {
    if (stored.position.index <= this.#appliedIndex) {
      const message = `the state up to entry ${stored.position.index} is older than what is here, up to ${this.#appliedIndex}`;
      return done(new HostError("invalid", this.#directory, message));
    }
    try {
      this.#state.restore(stored.state);
    } catch (cause) {
      const message = "the state that another member sent could not be restored";
      return done(new HostError("invalid", this.#directory, message, { cause }));
    }
    this.#appliedIndex = stored.position.index;
    writeMemoryState(this.#disk, this.#directory, stored, (error) => {
      if (error === undefined) {
        this.dirtyBytes = 0;
        this.stateBytes = stored.state.length;
        this.#checkpointed = stored.position;
      }
      done(error);
    });
  }

  close(done: Done): void {
    done(undefined);
  }
}

/** A damaged checkpoint is damage to the state. */
function asHostError(error: Error | undefined, directory: string): HostError | undefined {
  if (error === undefined || error instanceof HostError) return error;
  return new HostError("corrupt", directory, error.message, { cause: error });
}
