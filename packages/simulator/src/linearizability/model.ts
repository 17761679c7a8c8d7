/** What `step` gives for an operation that a sequential system could not have answered so in this state. */
export const rejected: unique symbol = Symbol("rejected");

/**
 * A sequential specification: what one client alone would see. The checker asks whether a concurrent history can be put
 * into one order that it accepts (Herlihy and Wing 1990).
 *
 * All functions are pure: the same arguments give the same answer, and no state is ever changed in place.
 */
export interface Model<State, Input, Output> {
  /** For people: "register". */
  readonly name: string;
  /** The state that a partition begins with. */
  init(partition: string): State;
  /**
   * The state after the operation, or `rejected` when the output cannot be that of this state. An undefined `output` is
   * an unknown one, which whatever the system may have answered in this state agrees with.
   */
  step(state: State, input: Input, output: Output | undefined): State | typeof rejected;
  /**
   * The part of the state that the operation touches and nothing outside it does, such as its key. Each part is checked on
   * its own, which is exponentially cheaper (Horn and Kroening 2015). Without it, there is one part.
   */
  partition?(input: Input): string;
  /**
   * True when the operation changes no state whatever, in any state in which it is accepted. Such operations are put in
   * place as soon as they fit, without trying alternatives. Wrongly true gives wrong verdicts; wrongly false costs time.
   */
  readOnly?(input: Input, output: Output | undefined): boolean;
  /** How equal states are recognised. Without it, states are primitive values (string, number, null, ...). */
  readonly identity?: StateIdentity<State>;
  /**
   * What the operation does to a register, if that can be told without seeing the state. When every state of a partition
   * is written once at most, its verdict then takes O(n log n) instead of a search. Undefined: it cannot be told.
   */
  asRegister?(input: Input, output: Output | undefined): RegisterStep<State> | undefined;
  /** The operation for people, short: "read 3", "write 4", "cas 3→4: no". Without it, JSON. */
  describe?(input: Input, output: Output | undefined): string;
}

/** Equal states have the same text, or the same hash (a 32-bit integer) and are `equal`. */
export type StateIdentity<State> =
  | { readonly text: (state: State) => string }
  | { readonly hash: (state: State) => number; readonly equal: (a: State, b: State) => boolean };

/** A read meets a state, a write leaves one, a compare-and-set meets one and leaves another. */
export interface RegisterStep<State> {
  /** The only state that agrees with the output. None: every state does. */
  readonly meets?: { readonly state: State };
  /** The state afterwards. None: the one before. */
  readonly leaves?: { readonly state: State };
  /** It did this or changed nothing, and the output does not tell which. For one that meets a state and leaves another. */
  readonly maybe?: boolean;
}
