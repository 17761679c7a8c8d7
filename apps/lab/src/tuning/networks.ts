import type { DirectedAction, DirectedScenario } from "@quorate/simulator";
import { healingAt, stepped, withSetting, withSteps, type Tuning } from "./tuning.ts";

/** For how long something is cut, from when it first is. */
function cutFor(label: string, told: number, most = 40): Tuning {
  return {
    name: "cut-for",
    label,
    unit: "T",
    values: stepped(1, most, 1),
    told,
    tune: (scenario, timeouts) => healingAt(scenario, cutAt(scenario) + timeouts),
  };
}

function cutAt({ steps }: DirectedScenario): number {
  return steps.find(({ do: what }) => what === "cut" || what === "block")?.at ?? 0;
}

const away = "It is cut off for";
const link = "The network is so for";

/** Of T = 100 ms. */
const farApart: Tuning = {
  name: "one-way",
  label: "A message takes, at least,",
  unit: "ms",
  values: [0.1, 1, 2, 5, 10, 15],
  told: 0.1,
  tune: (scenario, ms) => withSetting(scenario, { link: { ...scenario.setting?.link, minDelayMs: ms } }),
};

/** How long networks are broken. */
export const networkTunings: Readonly<Record<string, readonly Tuning[]>> = {
  "rejoin-after-isolation": [cutFor(away, 20)],
  "term-bombing": [cutFor("They are cut off for", 20)],
  "cloudflare-2020": [cutFor("The link is cut for", 39, 39), farApart],
  "chained-five": [cutFor(link, 39, 39)],
  "deaf-leader": [cutFor("It hears nobody for", 39, 39)],
  "leader-does-not-hear-one": [cutFor("The leader does not hear it for", 39, 39)],
  "leader-not-heard-by-one": [cutFor("It does not hear its leader for", 39, 39)],
  "removed-member-campaigns": [cutFor("It is cut off for", 10, 40)],
  "two-leaders-in-one-term": [cutFor("The network is split for", 8, 30)],
};

/** How long a message is under way. */
const requestTakes: Tuning = {
  name: "request-takes",
  label: "The vote request is under way for",
  unit: "T",
  values: stepped(0.1, 0.9, 0.1),
  told: 0.6,
  tune: (scenario, timeouts) =>
    withSteps(scenario, (step) => (isRequestDelay(step) ? { ...step, lasts: timeouts } : step)),
};

function isRequestDelay(step: DirectedAction): step is Extract<DirectedAction, { readonly do: "delay" }> {
  return step.do === "delay" && step.links.some(([from, to]) => from === "b" && to === "a");
}

export const delayTunings: Readonly<Record<string, readonly Tuning[]>> = { "late-vote-request": [requestTakes] };
