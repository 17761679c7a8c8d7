import type { Case } from "../case/case.ts";
import { findAsymmetricPartition } from "./asymmetric.ts";
import { findDivergence } from "./divergence.ts";
import { findContestedElections } from "./elections.ts";
import type { Detector, Finding, Severity } from "./finding.ts";
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

const order: readonly Severity[] = ["serious", "warning", "notice"];

/** The worst first, then by time. */
export function findAll(about: Case): readonly Finding[] {
  return detectors
    .flatMap((detect) => detect(about))
    .sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity) || a.span.fromMs - b.span.fromMs);
}
