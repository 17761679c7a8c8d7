import type { Callback, Done } from "@quorate/host";
import type { LogPosition } from "@quorate/raft";
import type { Committed, StateMachine } from "@quorate/replica";
import { SafetyViolation } from "../observation.ts";

/** Who looks at what a machine does. */
export interface MachineWatch {
  answered(entry: Committed, result: unknown): void;
  /** Everything up to this entry is applied, and nothing after it. */
  appliedUpTo(index: number): void;
}

/** A state machine of a user's own, with everything that it makes of the commands shown to those who watch. */
export class WatchedMachine implements StateMachine<unknown> {
  readonly #machine: StateMachine<unknown>;
  readonly #watch: MachineWatch;
  readonly #isSingly: boolean;
  readonly #who: string;

  /** `isSingly`: commands are given to it one at a time, so that every state can be looked at. */
  constructor(
    machine: StateMachine<unknown>,
    watch: MachineWatch,
    { isSingly, who }: { isSingly: boolean; who: string },
  ) {
    this.#machine = machine;
    this.#watch = watch;
    this.#isSingly = isSingly;
    this.#who = who;
  }

  get restored(): LogPosition {
    return this.#machine.restored;
  }

  get dirtyBytes(): number {
    return this.#machine.dirtyBytes;
  }

  get wantsCheckpoint(): boolean {
    return this.#machine.wantsCheckpoint === true;
  }

  apply(commands: readonly Committed[], done: Callback<readonly unknown[]>): void {
    if (this.#isSingly) this.#applySingly(commands, [], done);
    else this.#applyAll(commands, done);
  }

  checkpoint(position: LogPosition, done: Done): void {
    this.#guard("checkpoint", () => this.#machine.checkpoint(position, done));
  }

  close(done: Done): void {
    this.#guard("close", () => this.#machine.close(done));
  }

  /** Completions may come from inside the call: a loop, so that many of those do not nest. */
  #applySingly(commands: readonly Committed[], results: unknown[], done: Callback<readonly unknown[]>): void {
    while (results.length < commands.length) {
      let isInside = true;
      let hasCompleted = false;
      this.#applyAll(commands.slice(results.length, results.length + 1), (error, [result]) => {
        if (error !== undefined) return done(error, []);
        results.push(result);
        hasCompleted = true;
        if (!isInside) this.#applySingly(commands, results, done);
      });
      isInside = false;
      if (!hasCompleted) return;
    }
    done(undefined, results);
  }

  #applyAll(commands: readonly Committed[], done: Callback<readonly unknown[]>): void {
    // A machine that changes the command would change it for whoever looks later.
    const given = commands.map(({ index, term, command }) => ({ index, term, command: command.slice() }));
    const apply = (): void => {
      this.#machine.apply(given, (error, results) => {
        if (error !== undefined) return done(error, []);
        if (results.length === commands.length) this.#look(commands, results);
        done(undefined, results);
      });
    };
    const last = commands.at(-1)?.index ?? 0;
    this.#guard(`the command at entry ${last}`, apply);
  }

  #look(commands: readonly Committed[], results: readonly unknown[]): void {
    for (const [at, entry] of commands.entries()) this.#watch.answered(entry, results[at]);
    const last = commands.at(-1);
    if (last !== undefined) this.#watch.appliedUpTo(last.index);
  }

  /** An exception in a user's code is his finding, and says so. */
  #guard(what: string, act: () => void): void {
    try {
      act();
    } catch (error) {
      if (error instanceof SafetyViolation) throw error;
      throw new SafetyViolation("exception", `${what} made the state machine of ${this.#who} throw: ${String(error)}`);
    }
  }
}
