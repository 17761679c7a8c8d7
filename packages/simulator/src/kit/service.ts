import type { Host } from "@quorate/host";
import type { MemoryState, StateMachine } from "@quorate/replica";
import type { Model } from "../linearizability/model.ts";
import type { RandomStream } from "../random-streams.ts";

/**
 * A state machine of a user's own and what its clients do with it: what `simulate` puts into the deterministic world.
 *
 * `Machine` is a `MemoryState` or a `StateMachine` of `@quorate/replica`, `Operation` what a client asks for (plain data, as
 * JSON can hold it), `Answer` what it learns, and `ModelState` the state of the sequential model, where there is one.
 */
export interface Service<Machine, Operation, Answer, ModelState = unknown> {
  /** For people, and for files of failing runs: "counter". */
  readonly name: string;
  /**
   * A new machine, for one start of one member: what the checkpoint held is restored into a `MemoryState`; a `StateMachine`
   * finds its own files in `place`.
   */
  readonly machine: MachineMaker<Machine>;
  readonly workload: ServiceWorkload<Machine, Operation, Answer>;
  /**
   * What one client alone would see. With it, everything that clients asked and were answered is checked for
   * linearizability.
   */
  readonly model?: Model<ModelState, Operation, Answer> | undefined;
  /**
   * What must hold of every member's state, by name; asked after every entry that it applies. False, a sentence about what
   * is wrong, or an exception break it.
   */
  readonly invariants?: Readonly<Record<string, (machine: Machine) => unknown>> | undefined;
  /** States that a run of many seeds should come by, or it has tested little: asked as invariants are. */
  readonly sometimes?: Readonly<Record<string, (machine: Machine) => boolean>> | undefined;
  /**
   * The state as bytes or text: equal on two members exactly when their states are. Unless given, the snapshot of a
   * `MemoryState`; without it, states of a `StateMachine` are told apart by their answers only.
   */
  readonly digest?: ((machine: Machine) => Uint8Array | string) | undefined;
}

/** Gives a machine at once, or nothing and then, by `done`, later: reading files takes time. */
export type MachineMaker<Machine> = (
  place: ServicePlace,
  done: (error: Error | undefined, machine: Machine) => void,
) => Machine | void;

export interface ServicePlace {
  /** The simulated host: its disk, clock, timers and randomness. */
  readonly host: Host;
  /** For a `StateMachine`'s files: an absolute path, whose parent exists. */
  readonly directory: string;
}

export interface ServiceWorkload<Machine, Operation, Answer> {
  /** What a client asks for next. All chance must come from `random`. */
  draw(random: RandomStream, asking: { readonly client: number; readonly number: number }): Operation;
  /** The command that does it, for `apply`; undefined for an operation that only reads. */
  command(operation: Operation): Uint8Array | undefined;
  /** What an operation without a command sees of a member's machine. */
  read?(machine: Machine, operation: Operation): Answer;
  /** What a client makes of the result of `apply`. Unless given, the result is the answer. */
  answer?(result: unknown, operation: Operation): Answer;
}

/** A service whose types nobody needs to know any more. */
export type AnyService = Service<unknown, unknown, unknown>;

export function isMemoryState(machine: unknown): machine is MemoryState<unknown> {
  return hasMethods(machine, ["apply", "snapshot", "restore"]);
}

export function isStateMachine(machine: unknown): machine is StateMachine<unknown> {
  return hasMethods(machine, ["apply", "checkpoint", "close"]);
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    typeof value === "object" && value !== null && names.every((name) => typeof Reflect.get(value, name) === "function")
  );
}
