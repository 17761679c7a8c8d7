import type { Model, StateIdentity } from "./model.ts";

/** Interned states: equal states have one number, so that comparing and hashing them costs nothing. */
export class StateTable<State> {
  readonly #states: State[] = [];
  readonly #numbers = new Map<unknown, number>();
  readonly #identity: StateIdentity<State> | undefined;
  /** For states with a hash of their own: the next state with the same hash, or -1. */
  readonly #next: number[] = [];

  constructor(model: Pick<Model<State, never, never>, "identity">) {
    this.#identity = model.identity;
  }

  get size(): number {
    return this.#states.length;
  }

  state(number: number): State {
    return this.#states[number] as State;
  }

  /** The number of a state, or -1 for one that was never interned. */
  find(state: State): number {
    const identity = this.#identity;
    if (identity === undefined) return this.#numbers.get(state) ?? -1;
    if ("text" in identity) return this.#numbers.get(identity.text(state)) ?? -1;
    let number = this.#numbers.get(identity.hash(state) | 0) ?? -1;
    while (number !== -1 && !identity.equal(this.#states[number] as State, state))
      number = this.#next[number] as number;
    return number;
  }

  intern(state: State): number {
    const known = this.find(state);
    if (known !== -1) return known;
    const number = this.#states.push(state) - 1;
    const identity = this.#identity;
    if (identity === undefined) {
      this.#numbers.set(state, number);
    } else if ("text" in identity) {
      this.#numbers.set(identity.text(state), number);
    } else {
      const hash = identity.hash(state) | 0;
      this.#next.push(this.#numbers.get(hash) ?? -1);
      this.#numbers.set(hash, number);
    }
    return number;
  }
}
