import { brokenVariants, connectivityScenarios, deviations, runScenario } from "@quorate/simulator";

/** What a broken rule comes to in a scenario, against what the real rules come to there. */
export interface ScenarioDeath {
  readonly scenario: string;
  /** What is broken. */
  readonly what: string;
  /** The rules, or the component. */
  readonly breaks: string;
  /** How many of the seeds show it. */
  readonly shown: number;
  readonly seeds: number;
  /** The property that fell; undefined where no checker minds, but the outcome is not what it must be. */
  readonly property: string | undefined;
  /** What was not as it must be, of the first seed that shows it. */
  readonly seen: readonly string[];
}

/** A scenario with one thing broken in it, or nothing. */
interface Trial {
  readonly scenario: string;
  readonly what: string | undefined;
  readonly breaks: string;
  /** What is not as it must be with the real code, and the violation among it. */
  readonly run: (seed: number) => { readonly found: readonly string[]; readonly violation: string | undefined };
}

/** Runs every broken variant of every scenario with as many seeds. */
export function scenarioDeaths(seeds: number): ScenarioDeath[] {
  return trials().flatMap(({ scenario, what, breaks, run }) => {
    if (what === undefined) return [];
    const runs = Array.from({ length: seeds }, (_, at) => run(at + 1)).filter(({ found }) => found.length > 0);
    const violation = runs.find((each) => each.violation !== undefined)?.violation;
    const property = violation?.slice(0, violation.indexOf(":"));
    return [{ scenario, what, breaks, shown: runs.length, seeds, property, seen: runs[0]?.found ?? [] }];
  });
}

/** What the real code does in scenarios that it must not do; nothing when all is well. */
export function scenarioControls(seeds: number): string[] {
  return trials().flatMap(({ scenario, what, run }) => {
    if (what !== undefined) return [];
    const found = Array.from({ length: seeds }, (_, at) => run(at + 1).found).flat();
    return found.length === 0 ? [] : [`the real rules in scenario ${scenario}: ${found[0]}`];
  });
}

function trials(): Trial[] {
  return connectivityScenarios.flatMap((scenario) =>
    [undefined, ...brokenVariants(scenario)].map((variant) => ({
      scenario: scenario.name,
      what: variant?.what,
      breaks: Object.keys(variant?.rules ?? {}).join(", "),
      run: (seed) => {
        const outcome = runScenario(scenario, { seed, ...(variant === undefined ? {} : { rules: variant.rules }) });
        return { found: deviations(outcome, scenario.expects), violation: outcome.violation };
      },
    })),
  );
}
