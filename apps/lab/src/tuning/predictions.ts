import { predictLease } from "./clocks.ts";
import { predictState } from "./states.ts";
import type { Tuned } from "./tuning.ts";

/** What a scenario should come to with what is set, before it is run; undefined where there is no formula for it. */
export function predict(scenario: string, values: Tuned): string | undefined {
  return predictions[scenario]?.((name) => values[name] ?? 0);
}

const predictions: Readonly<Record<string, (value: (name: string) => number) => string>> = {
  // T = 100 ms here, and a window of 150 ms.
  "rejoin-after-isolation": (value) => termAfter(value("cut-for"), 1.75),
  "term-bombing": (value) =>
    `${termAfter(value("cut-for"), 1.75)} There are two of them, and the later term counts: a little more.`,
  "removed-member-campaigns": (value) => termAfter(value("cut-for"), 1.5),
  "long-diverged-follower": (value) =>
    `Left, one refusal for each of the five terms: 5. Right, one for each entry: ${(5 * value("diverged")).toFixed(0)}.`,
  "diverged-beyond-its-worth": (value) =>
    `What the logs differ in weighs tens of kB. A state of ${value("state")} kB is ${value("state") <= 10 ? "cheaper by far: left it is sent, after two refusals" : "dearer: left the log is sent, after five refusals, one for each term"}. Right, a refusal for each entry: 1000.`,
  "phantom-leader-slow-clock": leasePrediction,
  "phantom-leader-while-joint": leasePrediction,
  "phantom-leader-set-back": (value) =>
    `Right, the lease ends ${value("set-back")} T late. The others need a little more than T to elect another and commit.`,
  "phantom-leader-read": (value) =>
    `A leader that no quorum answers steps down after T of its own clock, which stood still while it slept: asked ${value("asked-after")} T after it woke up, it ${value("asked-after") < 0.9 ? "still believes that it leads" : "knows better, or is about to"}.`,
  "checkpoint-of-a-large-state": statePrediction,
  "large-state-is-sent": statePrediction,
};

function termAfter(timeouts: number, perElection: number): string {
  const elections = timeouts / perElection;
  return `Right, each of its elections takes T and half a window, ${perElection} T, on average: term ${(1 + elections).toFixed(0)} or so after ${timeouts} T.`;
}

function leasePrediction(value: (name: string) => number): string {
  const drift = value("drift-right") > 0 ? value("drift-right") : value("drift");
  const { promise, shipped, naive, mostDrift } = predictLease(drift, value("bound"));
  const holds = shipped <= promise;
  return (
    `In true time, voters keep their promise for ${promise.toFixed(3)} T. The lease with the allowance lasts ${shipped.toFixed(3)} T: ` +
    `${holds ? "it is over before anybody else may be elected, so no read is ever stale" : "longer than the promise, so that a read may be stale"}. ` +
    `Without the allowance it lasts ${naive.toFixed(3)} T. A bound of ${value("bound")} % covers clocks up to ${mostDrift.toFixed(1)} % too slow and too fast.`
  );
}

/** As the scenarios have it. */
const mostShownSeconds = 40;

function statePrediction(value: (name: string) => number): string {
  const { wholeMegabytes, changedMegabytes, standstillMs } = predictState(value("size"));
  const timeouts = standstillMs / 1000;
  return (
    `Right, all of it, ${sizeText(wholeMegabytes)}: ${timeouts} s of standing still at 100 MB a second. Followers wait for T = 1 s at least and 2 T at most: ` +
    `${timeouts <= 1 ? "nobody notices" : timeouts < 2 ? "whether one of them stands is up to their timers" : "one of them stands"}. ` +
    `Left, the one percent that changed, ${sizeText(changedMegabytes)}, beside everything else.` +
    (timeouts > mostShownSeconds ? ` Of the standstill the first ${mostShownSeconds} s are shown.` : "")
  );
}

function sizeText(megabytes: number): string {
  if (megabytes >= 1000) return `${Number((megabytes / 1000).toFixed(1))} GB`;
  return `${Number(megabytes.toFixed(1))} MB`;
}
