import type { DirectedScenario, DirectedStep, Role } from "@quorate/simulator";
import { stepped, withSetting, withSteps, type Tuning } from "./tuning.ts";

/** A deposed leader's entries that nobody else has. */
const ownEntries: Tuning = {
  name: "entries",
  label: "Writes that reach the old leader alone",
  unit: "",
  values: stepped(1, 30, 1),
  told: 10,
  tune: (scenario, count) =>
    withSteps(scenario, (step) => (step.do === "propose" && step.to === "leader" ? { ...step, count } : step)),
};

/** What the follower misses; none of it, and it may lead. */
const missed: Tuning = {
  name: "missed",
  label: "Committed writes that it misses",
  unit: "",
  values: stepped(0, 30, 1),
  told: 5,
  tune: (scenario, count) =>
    withSteps(scenario, (step) => {
      if (step.do === "propose" && step.to === "leader") return count === 0 ? [] : { ...step, count };
      const { once } = step;
      return once !== undefined && "commits" in once ? { ...step, once: { ...once, more: count } } : step;
    }),
};

const roles: readonly Role[] = ["leader", "a", "b"];

const diverged: Tuning = {
  name: "diverged",
  label: "Entries of each of its five other terms",
  unit: "",
  values: [1, 10, 50, 100, 200, 500, 1000],
  told: 1000,
  tune: (scenario, count) => withSetting(scenario, { logs: logsOf(scenario, count) }),
};

function logsOf(
  { setting }: DirectedScenario,
  count: number,
): Readonly<Record<string, readonly { term: number; count: number }[]>> {
  const { logs = {} } = setting ?? {};
  return Object.fromEntries(roles.map((role) => [role, (logs[role] ?? []).map(({ term }) => ({ term, count }))]));
}

const stateWeighs: Tuning = {
  name: "state",
  label: "The state weighs",
  unit: "kB",
  values: [2, 5, 10, 100, 1000],
  told: 2,
  tune: (scenario, kilobytes) => {
    const { states } = scenario.setting ?? {};
    return states === undefined
      ? scenario
      : withSetting(scenario, { states: { ...states, stateBytes: 1000 * kilobytes } });
  },
};

/** The leader that has brought the old entry to a majority dies so much later: soon an entry of its own term is there too. */
const livesOn: Tuning = {
  name: "lives-on",
  label: "Member 5 lives on, after it has committed, for",
  unit: "T",
  values: stepped(0, 0.3, 0.02),
  told: 0,
  tune: (scenario, timeouts) =>
    withSteps(scenario, (step) => {
      const { once } = step;
      if (step.do !== "crash" || once === undefined || !("commits" in once)) return step;
      // Nothing happens once it has committed, and the rest a while after that.
      const committed: DirectedStep = { at: step.at, once, do: "patience", who: step.who, share: 0 };
      return [committed, { ...step, once: { passed: timeouts } }];
    }),
};

/** How much logs differ. */
export const logTunings: Readonly<Record<string, readonly Tuning[]>> = {
  "append-without-check": [ownEntries],
  "deposed-leader-returns": [ownEntries],
  "stale-log-candidate": [missed],
  "long-diverged-follower": [diverged],
  "diverged-beyond-its-worth": [stateWeighs],
  "figure-8": [livesOn],
};
