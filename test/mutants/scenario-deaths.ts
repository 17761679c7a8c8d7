import { realRules } from "@quorate/raft";
import {
  coreScenarios,
  directedDeviations,
  directedVariants,
  memberDeviations,
  memberScenarios,
  runDirected,
  runMemberScenario,
} from "@quorate/simulator";
import type { BrokenParts } from "@quorate/simulator";

/** What a broken rule comes to in a directed scenario, against what the real code comes to there. */
export interface ScenarioDeath {
  readonly scenario: string;
  /** What is broken. */
  readonly what: string;
  /** The rules, or the component. */
  readonly breaks: string;
  /** With how many of the seeds it comes to what is stated of it, and not to what the real code must come to. */
  readonly shown: number;
  readonly seeds: number;
  /** The property that fell; undefined where no checker minds, but the outcome is not what it must be. */
  readonly property: string | undefined;
  /** What was not as it must be, of the first seed that shows it. */
  readonly seen: readonly string[];
}

/** One scenario, and all that can be broken in it. */
interface Trial {
  readonly scenario: string;
  readonly run: (seed: number) => Trace;
  readonly variants: readonly {
    readonly what: string;
    readonly breaks: string;
    readonly run: (seed: number) => Trace;
  }[];
}

/** What came of one run. */
interface Trace {
  /** What is not as it must be with the real code. */
  readonly wrong: readonly string[];
  /** What is not as it is stated of what is broken. */
  readonly unexpected: readonly string[];
  readonly violation: string | undefined;
}

/** Every broken variant of every scenario, by name. */
export function scenarioVariants(): readonly Pick<ScenarioDeath, "scenario" | "what">[] {
  return trials().flatMap(({ scenario, variants }) => variants.map(({ what }) => ({ scenario, what })));
}

/** Runs the broken variants of scenarios that are due, with as many seeds each. */
export function scenarioDeaths(
  seeds: number,
  isDue: (variant: Pick<ScenarioDeath, "scenario" | "what">) => boolean,
): ScenarioDeath[] {
  return trials().flatMap(({ scenario, variants }) =>
    variants.flatMap(({ what, breaks, run }) => {
      if (!isDue({ scenario, what })) return [];
      const runs = Array.from({ length: seeds }, (_, at) => run(at + 1));
      const shown = runs.filter(({ wrong, unexpected }) => wrong.length > 0 && unexpected.length === 0);
      const violation = shown.find((each) => each.violation !== undefined)?.violation;
      const property = violation?.slice(0, violation.indexOf(":"));
      return { scenario, what, breaks, shown: shown.length, seeds, property, seen: shown[0]?.wrong ?? [] };
    }),
  );
}

/** What the real code does in scenarios that it must not do; nothing when all is well. */
export function scenarioControls(seeds: number, isDue: (scenario: string) => boolean): string[] {
  return trials().flatMap(({ scenario, run }) => {
    if (!isDue(scenario)) return [];
    const wrong = Array.from({ length: seeds }, (_, at) => run(at + 1).wrong).flat();
    return wrong.length === 0 ? [] : [`the real code in scenario ${scenario}: ${wrong[0]}`];
  });
}

function trials(): Trial[] {
  return [...coreTrials(), ...memberTrials()];
}

function coreTrials(): Trial[] {
  return coreScenarios.map((scenario) => ({
    scenario: scenario.name,
    run: (seed) => {
      const { outcome } = runDirected(scenario, { seed });
      const wrong = directedDeviations(outcome, scenario.expects);
      return { wrong, unexpected: wrong, violation: outcome.violation };
    },
    variants: directedVariants(scenario).map((broken) => ({
      what: broken.what,
      breaks: brokenParts(broken),
      run: (seed) => {
        const { outcome } = runDirected(scenario, { seed, broken });
        return {
          wrong: directedDeviations(outcome, scenario.expects),
          unexpected: directedDeviations(outcome, broken.expects),
          violation: outcome.violation,
        };
      },
    })),
  }));
}

function brokenParts({ rules, distort, setting }: ReturnType<typeof directedVariants>[number]): string {
  const parts: string[] = Object.keys(rules ?? {});
  if (distort !== undefined) parts.push("messages");
  if (setting !== undefined) parts.push("timers");
  return parts.join(", ");
}

function memberTrials(): Trial[] {
  return memberScenarios.map((scenario) => ({
    scenario: scenario.name,
    run: (seed) => {
      const outcome = runMemberScenario(scenario, { seed });
      const wrong = memberDeviations(outcome, scenario.expects);
      return { wrong, unexpected: wrong, violation: outcome.violation };
    },
    variants: (scenario.broken ?? []).map(({ what, expects, ...broken }) => ({
      what,
      breaks: [...brokenMember(broken.parts), ...Object.keys(broken.limits ?? {})].join(", "),
      run: (seed) => {
        const outcome = runMemberScenario(scenario, { seed, ...broken });
        return {
          wrong: memberDeviations(outcome, scenario.expects),
          unexpected: memberDeviations(outcome, expects),
          violation: outcome.violation,
        };
      },
    })),
  }));
}

/** Rules by their names, of which those that are not the real ones count; components by what they are. */
function brokenMember({ rules, ...components }: BrokenParts): string[] {
  const real: Readonly<Record<string, unknown>> = { ...realRules };
  const broken = Object.entries(rules ?? {}).flatMap(([name, rule]) => (rule === real[name] ? [] : [name]));
  const others = Object.keys(components).map((name) => (name === "drive" ? "disk" : name));
  return [...broken, ...others];
}
