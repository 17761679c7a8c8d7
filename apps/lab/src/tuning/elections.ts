import { stepped, withSetting, withVariants, type Tuning } from "./tuning.ts";

const spread: Tuning = {
  name: "spread",
  label: "Right, timers differ by up to this share of the window",
  unit: "%",
  values: [0, 0.5, 1, 2, 5, 10, 20, 50, 100],
  told: 0,
  tune: (scenario, percent) =>
    withVariants(scenario, (variant) => ({
      ...variant,
      setting: { ...variant.setting, timerSpread: percent / 100 },
    })),
};

const oneWay: Tuning = {
  name: "one-way",
  label: "A message takes",
  unit: "ms",
  values: stepped(10, 480, 10),
  told: 450,
  tune: (scenario, ms) => withSetting(scenario, { link: { ...scenario.setting?.link, minDelayMs: ms } }),
};

/** Timers and the time that messages take. */
export const electionTunings: Readonly<Record<string, readonly Tuning[]>> = {
  "dueling-candidates": [spread],
  "window-near-the-round-trip": [oneWay, { ...spread, told: 2 }],
};
