import { PlannerError } from "@quorate/planner";
import { exitCodes, FailureError, UsageError } from "../errors.ts";
import { adviceFor, adviceText, type Advice } from "./advice.ts";
import { readCluster, type LiveCluster } from "./live-cluster.ts";
import { liveTimes } from "./live-times.ts";
import type { PlanFlags } from "./plan-flags.ts";
import { planInput, type PlanInput } from "./plan-input.ts";
import { planReport, type PlanReport } from "./plan-report.ts";
import { formatPlan, planToJson } from "./print-plan.ts";
import { writePicture } from "./write-picture.ts";

/** What a running cluster says itself. */
const told = ["members", "zones", "learners", "quorum", "to", "stay", "rtt", "fsync", "leader"] as const;

/** `quorate plan --cluster`: the same for a running cluster, and what to change. */
export async function runPlanOfCluster(flags: PlanFlags): Promise<number> {
  const doubled = told.find((option) => flags[option] !== undefined);
  if (doubled !== undefined) throw new UsageError(`--${doubled} is read from the cluster; leave it out, or --cluster.`);
  const endpoints = typeof flags.cluster === "string" ? { endpoints: flags.cluster } : {};
  const cluster = await readCluster({ ...endpoints, timeout: flags.timeout });
  const { report, advice } = judge(cluster, flags);
  if (flags.svg !== undefined) writePicture(flags.svg, report);
  process.stdout.write(
    flags.json === true
      ? `${planToJson({ cluster: clusterToJson(cluster), advice, plan: report })}\n`
      : `${clusterText(cluster)}\nWhat to change\n${adviceText(advice)}\n${formatPlan(report)}`,
  );
  return exitCodes.done;
}

/** Throws `FailureError` where a cluster is not one that can be planned for. */
export function judge(
  cluster: LiveCluster,
  flags: PlanFlags,
): { readonly report: PlanReport; readonly advice: readonly Advice[] } {
  const voters = cluster.members.filter(({ isVoter }) => isVoter);
  if (voters.length === 0) throw new FailureError("The cluster says that it has no voters.");
  const times = liveTimes(voters, cluster.leader);
  try {
    const base = planInput({ ...flags, members: voters.length }, undefined);
    const input: PlanInput = {
      ...base,
      voters: voters.map(({ name }, zone) => ({ name, zone })),
      zones: voters.map(({ name }) => name),
      learners: cluster.members.length - voters.length,
      times,
      timeoutMs: base.timeoutMs ?? cluster.electionTimeoutMs,
    };
    const report = planReport(input);
    return { report, advice: adviceFor(cluster, report, times) };
  } catch (error) {
    if (error instanceof PlannerError) throw new FailureError(error.message, { cause: error });
    throw error;
  }
}

function clusterText({ kind, members, leader, electionTimeoutMs }: LiveCluster): string {
  const names = members.map(
    ({ id, name, isVoter }) => `${name}${id === leader ? " (leads)" : isVoter ? "" : " (learner)"}`,
  );
  const timeout = electionTimeoutMs === undefined ? "" : `, election timeout ${electionTimeoutMs} ms`;
  const means = isMeansOnly(members)
    ? "Its members publish the means of times: tails are not known, and p99 is that of means.\n"
    : "";
  return `A cluster of ${kind === "etcd" ? "etcd" : "Quorate"}: ${names.join(", ")}${timeout}\n${means}`;
}

function isMeansOnly(members: LiveCluster["members"]): boolean {
  return (
    members.some(({ metrics }) => metrics !== undefined) &&
    members.every(({ metrics }) => metrics?.isMeansOnly !== false)
  );
}

function clusterToJson({ kind, members, leader, isJoint, electionTimeoutMs }: LiveCluster): object {
  return {
    kind,
    leader: leader ?? null,
    changing: isJoint,
    meansOnly: isMeansOnly(members),
    electionTimeoutMs: electionTimeoutMs ?? null,
    members: members.map(({ id, name, isVoter, metrics, problem }) => ({
      id,
      name,
      voter: isVoter,
      ...(problem === undefined ? {} : { problem }),
      ...(metrics === undefined
        ? {}
        : {
            roundTripMs: Object.fromEntries([...metrics.roundTrips].map(([to, time]) => [to, time.quantile(0.5)])),
            syncMs: metrics.sync?.quantile(0.5) ?? null,
            leaderChanges: metrics.leaderChanges ?? null,
          }),
    })),
  };
}
