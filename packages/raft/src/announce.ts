import { knownLeader, type State } from "./state.ts";

/** Tells the world where we stand: role, term, leader, and why. */
export function announce(state: State, reason: string): void {
  state.outbox.effect({
    type: "role",
    role: state.role.name,
    term: state.term,
    leader: knownLeader(state),
    reason,
  });
}

/** Tells the world that the configuration in force is another one: appended, or rolled back. */
export function announceConfiguration(state: State): void {
  const { inForce, index } = state.configurations;
  state.outbox.effect({ type: "configuration", configuration: inForce, index });
}
