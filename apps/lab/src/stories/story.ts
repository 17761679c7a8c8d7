import type { RunNumbers } from "../world/numbers.ts";

/** A ready-made comparison: one scenario, the same seed and the same faults, as it ships and with one thing different. */
export interface Story {
  readonly name: string;
  readonly title: string;
  /** In which part of the list it stands. */
  readonly part: "Elections" | "Networks" | "Logs" | "Reads" | "Members" | "States";
  /** Which of the simulator's scenarios, and which of its broken variants. */
  readonly scenario: string;
  readonly broken: number;
  /** What the reader may set otherwise, by names of tunings; whatever the scenario has unless given. */
  readonly tunes?: readonly string[];
  /** What to look for, in a few short steps. */
  readonly steps: readonly StoryStep[];
  /** What comes of it, left and right: shown at the end, and tested. */
  readonly outcome: { readonly shipped: string; readonly broken: string };
  /** What must be true of the numbers and the violations of the two runs for that to be so. */
  readonly holds: (shipped: StoryEnd, broken: StoryEnd) => boolean;
}

export interface StoryStep {
  /** In election timeouts since the scenario began. */
  readonly at: number;
  readonly text: string;
}

export interface StoryEnd extends RunNumbers {
  /** Names of properties that fell. */
  readonly fallen: readonly string[];
}
