import type { Case } from "../case/case.ts";
import { findAsymmetricPartition } from "./asymmetric.ts";
import { findDivergence } from "./divergence.ts";
import { findContestedElections } from "./elections.ts";
import { countOf, grouped, times, type Detector, type Finding, type Severity } from "./finding.ts";
import { findFlapping, findLostQuorum, findPhantomLeader } from "./leadership.ts";
import { findApplyLag, findOverload, findSlowDisk } from "./slowness.ts";
import { findLogGrowth, findNoSpace, findSnapshotLoops, findStuckChanges, findWrongCluster } from "./state.ts";
import { findTermInflation } from "./term-inflation.ts";

const detectors: readonly Detector[] = [
  findDivergence,
  findTermInflation,
  findContestedElections,
  findAsymmetricPartition,
  findFlapping,
  findSlowDisk,
  findOverload,
  findLostQuorum,
  findPhantomLeader,
  findSnapshotLoops,
  findStuckChanges,
  findLogGrowth,
  findWrongCluster,
  findApplyLag,
  findNoSpace,
];

/** The worst of them stands for all. */
function together(alike: readonly Finding[]): Finding {
  const [worst, ...others] = [...alike].sort(byWeight) as [Finding, ...Finding[]];
  if (others.length === 0) return worst;
  const fromMs = Math.min(...alike.map(({ span }) => span.fromMs));
  const untilMs = Math.max(...alike.map(({ span }) => span.untilMs));
  const summary = `${worst.summary} Something like it was found ${times(others.length)} more.`;
  return { ...worst, span: { fromMs, untilMs }, summary };
}

function byWeight(a: Finding, b: Finding): number {
  return order.indexOf(a.severity) - order.indexOf(b.severity) || countOf(b.evidence) - countOf(a.evidence);
}

const order: readonly Severity[] = ["serious", "warning", "notice"];

/** The worst first, then by time. What the same members had several times is one. */
export function findAll(about: Case): readonly Finding[] {
  const found = detectors.flatMap((detect) => detect(about));
  return [...grouped(found, ({ id, members }) => `${id} ${members.join(" ")}`).values()]
    .map(together)
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.span.fromMs - b.span.fromMs);
}
