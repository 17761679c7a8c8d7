import type { RandomStreams } from "../../../packages/simulator/src/random-streams.ts";

/** Who is killed while members change. A leader is whoever leads then. */
export type Victim = "leader" | "joining member" | "leaving member" | "voter";

/** One change of the members, and who is killed meanwhile. */
export interface Step {
  /** "3 to 5" */
  readonly name: string;
  /** How many are new, and how many of those that vote go. */
  readonly joining: number;
  readonly leaving: number;
  /** Whether the leader is among those that go. */
  readonly leaderLeaves: boolean;
  /** In [0, 1), for each that goes: chooses it among the others. */
  readonly choices: readonly number[];
  readonly kills: readonly Kill[];
}

export interface Kill {
  readonly victim: Victim;
  /** After the beginning of the step, or the kill before. */
  readonly afterMs: number;
  /** Until it is started again. */
  readonly downMs: number;
  readonly choice: number;
}

const shapes = [
  { name: "3 to 5", joining: 2, leaving: 0 },
  { name: "5 to 3", joining: 0, leaving: 2 },
  { name: "one replaced", joining: 1, leaving: 1 },
  { name: "one replaced", joining: 1, leaving: 1 },
  { name: "the leader replaced", joining: 1, leaving: 1 },
  { name: "all replaced at once", joining: 3, leaving: 3 },
] as const;
const victims: readonly Victim[] = ["leader", "joining member", "leaving member", "voter"];

/** From three members over five back to three, then every one replaced: one by one, and all at once. */
export function roundOf(streams: RandomStreams, round: number): readonly Step[] {
  const random = streams.stream(`round ${round}`);
  return shapes.map(({ name, joining, leaving }) => {
    const leaderLeaves = name === "the leader replaced" || (name === "5 to 3" && random.chance(0.5));
    const fitting = victims.filter(
      (victim) => (victim !== "joining member" || joining > 0) && (victim !== "leaving member" || leaving > 0),
    );
    return {
      name,
      joining,
      leaving,
      leaderLeaves,
      choices: Array.from({ length: leaving }, () => random.next()),
      kills: Array.from({ length: random.chance(0.8) ? (random.chance(0.4) ? 2 : 1) : 0 }, () => ({
        victim: random.pick(fitting),
        afterMs: random.between(100, 5000),
        downMs: random.between(0, 3000),
        choice: random.next(),
      })),
    };
  });
}
