import { memoryMachine } from "@quorate/replica";
import type { MemoryState, StateMachine } from "@quorate/replica";
import { SafetyViolation } from "../observation.ts";
import type { MachinePlace, OpenedMachine, Replicated } from "../replica/replicated.ts";
import type { World } from "../world.ts";
import { AppliedHistory } from "./applied-history.ts";
import type { Applied, Source } from "./applied-history.ts";
import { digestOf } from "./digest.ts";
import { hexOf, shown, textOf } from "./printed.ts";
import { isMemoryState, isStateMachine } from "./service.ts";
import type { AnyService } from "./service.ts";
import { WatchedMachine } from "./watched-machine.ts";

type Opened = (error: Error | undefined, opened: OpenedMachine<unknown, unknown>) => void;

/** Members that replicate a user's state machine, and what is watched of it. */
export class ReplicatedService implements Replicated<unknown, unknown> {
  /** Of `sometimes`, what this run has come by. */
  readonly reached = new Set<string>();
  readonly #service: AnyService;
  readonly #world: World;
  readonly #history: AppliedHistory;
  /** What a command was made of, by its bytes, as far as clients have said. */
  readonly #operations = new Map<string, string>();

  constructor(service: AnyService, world: World) {
    this.#service = service;
    this.#world = world;
    this.#history = new AppliedHistory(service, {
      describe: (command) => this.describe(command),
      nowMicros: () => world.nowMicros,
    });
  }

  /** A client asks for this operation with this command. */
  noteCommand(operation: unknown, command: Uint8Array): void {
    this.#operations.set(hexOf(command), shown(operation));
  }

  /** When this command (its bytes in hexadecimal digits) was applied, and with what result, in the order of the log. */
  applicationsOf(command: string): readonly Applied[] {
    return this.#history.applicationsOf(command);
  }

  describe(command: Uint8Array): string {
    const bytes = hexOf(command);
    return this.#operations.get(bytes) ?? `command ${bytes}`;
  }

  open(place: MachinePlace, done: Opened): void {
    const { host, directory } = place;
    let isMade = false;
    const made = (error: Error | undefined, machine: unknown): void => {
      if (isMade) throw new SafetyViolation("exception", "`machine` gave two machines for one start of a member");
      isMade = true;
      if (error !== undefined) done(error, undefined as never);
      else this.#opened(place, machine, done);
    };
    const machine = guarded("machine", place.member, () => this.#service.machine({ host, directory }, made));
    if (machine !== undefined) made(undefined, machine);
  }

  /** Everything that members hold is compared as it is applied. */
  isSame(): boolean {
    return true;
  }

  #opened(place: MachinePlace, machine: unknown, done: Opened): void {
    if (isMemoryState(machine)) this.#openInMemory(place, machine, done);
    else if (isStateMachine(machine)) {
      const random = this.#world.streams.stream(`batches of member ${place.member} at ${this.#world.nowMicros}`);
      done(undefined, this.#watched(place, machine, machine, random.chance(0.5)));
    } else {
      throw new TypeError("`machine` must give a MemoryState (apply, snapshot, restore) or a StateMachine");
    }
  }

  #openInMemory(place: MachinePlace, state: MemoryState<unknown>, done: Opened): void {
    this.#history.inMemory = true;
    const guarded = guard(state, place.member);
    // Before anything is restored into it: what a new machine holds must be the same everywhere too.
    this.#look({ member: place.member, restoredFrom: 0 }, 0, state);
    memoryMachine<unknown>(guarded, { disk: place.host.disk, directory: place.directory }, (error, machine) => {
      if (error === undefined) done(undefined, this.#watched(place, machine, state, true));
      else done(error, undefined as never);
    });
  }

  #watched(
    { member }: MachinePlace,
    machine: StateMachine<unknown>,
    state: unknown,
    isSingly: boolean,
  ): OpenedMachine<unknown, unknown> {
    const { index } = machine.restored;
    const by: Source = { member, restoredFrom: index };
    if (index > 0) this.#look(by, index, state);
    const watch = {
      answered: (entry: { readonly index: number; readonly command: Uint8Array }, result: unknown): void => {
        this.#note(member, () => `applies entry ${entry.index}, ${this.describe(entry.command)}: ${shown(result)}`);
        this.#history.answered(by, entry.index, entry.command, result);
      },
      appliedUpTo: (last: number): void => this.#look(by, last, state),
    };
    return { machine: new WatchedMachine(machine, watch, { isSingly, who: `member ${member}` }), state };
  }

  #look(by: Source, index: number, state: unknown): void {
    const digest = guarded("digest", by.member, () => digestOf(this.#service, state));
    if (digest !== undefined) this.#history.stateIs(by, index, textOf(digest));
    for (const [name, holds] of Object.entries(this.#service.invariants ?? {})) {
      const wrong = brokenBy(() => holds(state));
      if (wrong === undefined) continue;
      const last = this.#history.commands.findLast((command) => command.index <= index);
      const after = last === undefined ? "before any command" : `entry ${last.index}, ${this.describe(last.command)}`;
      throw new SafetyViolation(name, `it does not hold on member ${by.member} after ${after}${wrong}`);
    }
    for (const [name, isSo] of Object.entries(this.#service.sometimes ?? {})) {
      if (!this.reached.has(name) && isSo(state)) this.reached.add(name);
    }
  }

  #note(member: number, describe: () => string): void {
    this.#world.note(String(member), describe);
  }
}

/** What is wrong, to be put behind a sentence; undefined when the invariant holds. */
function brokenBy(holds: () => unknown): string | undefined {
  try {
    const answer = holds();
    if (typeof answer === "string") return `: ${answer}`;
    return answer === false ? "" : undefined;
  } catch (error) {
    return `: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The same state, whose exceptions say where they come from. */
function guard(state: MemoryState<unknown>, member: number): MemoryState<unknown> {
  return {
    apply: (command) => guarded("apply", member, () => state.apply(command)),
    snapshot: () => guarded("snapshot", member, () => state.snapshot()),
    restore: (snapshot) => guarded("restore", member, () => state.restore(snapshot)),
  };
}

function guarded<T>(what: string, member: number, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof SafetyViolation) throw error;
    throw new SafetyViolation(
      "exception",
      `\`${what}\` of the state machine of member ${member} threw ${String(error)}`,
    );
  }
}
