import type { Bounds, Expectation, Role } from "./scenario.ts";

/** What a figure of an outcome must be. */
export function exactly(figure: number): Bounds {
  return { least: figure, most: figure };
}

export function between(least: number, most: number): Bounds {
  return { least, most };
}

export function atMost(most: number): Bounds {
  return { least: 0, most };
}

export function atLeast(least: number): Bounds {
  return { least, most: Number.POSITIVE_INFINITY };
}

/** Nobody is disturbed. */
export const nothingHappens: Expectation = {
  leaderChanges: exactly(0),
  termGrowth: exactly(0),
  longestOutage: exactly(0),
  rivalLeaders: exactly(0),
  finalLeader: ["leader"],
  serves: true,
};

/**
 * One new leader, at the first or a later try. Until somebody may vote for it the old one must have been silent for T; its
 * timer takes up to T + W (2.5 T here); where the old leader is still heard it first takes T to notice that it has no
 * quorum; and a try may fail.
 */
export const oneNewLeader: Expectation = {
  leaderChanges: exactly(1),
  termGrowth: between(1, 4),
  longestOutage: between(0.8, 6),
  rivalLeaders: exactly(0),
  finalLeader: ["a", "b", "c", "d"],
  serves: true,
};

/** Clients of this member are answered without a wait that they would notice. */
export const unnoticed: Bounds = atMost(0.3);

/** Of three members, one leaves its clients without an answer for so long, and the other two do not. */
export function stuck(role: "leader" | "a", timeouts: number): Readonly<Partial<Record<Role, Bounds>>> {
  return { leader: unnoticed, a: unnoticed, b: unnoticed, [role]: between(timeouts - 0.5, timeouts + 1.5) };
}
