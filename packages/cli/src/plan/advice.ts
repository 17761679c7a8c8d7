import { leastTimeoutMs } from "@quorate/planner";
import type { LiveCluster } from "./live-cluster.ts";
import type { LiveTimes } from "./live-times.ts";
import type { PlanReport } from "./plan-report.ts";
import { digits, hoursText, msText } from "./plan-text.ts";

/** One thing to change, or to know. */
export interface Advice {
  readonly id:
    | "member-unreachable"
    | "no-leader"
    | "change-under-way"
    | "no-fault-tolerance"
    | "even-number"
    | "many-voters"
    | "timeout-too-short"
    | "timeout-long"
    | "better-leader"
    | "slow-disk"
    | "leader-changes"
    | "depends-on-one"
    | "times-unknown";
  /** Change it now; better change it; or only know it. */
  readonly level: "must" | "should" | "may";
  readonly what: string;
  readonly why: string;
  /** A command that does it, where there is one. */
  readonly command?: string;
}

/** etcd's own guidance for the 99th percentile of a log's sync (its FAQ on slow disks). */
const slowSyncMs = 10;
/** Another leader must be better by this part, and by this many ms, before moving is worth it. */
const betterPart = 0.8;
const betterMs = 1;

/** What should be changed in a running cluster and why, the most urgent first. Empty when nothing should. */
export function adviceFor(cluster: LiveCluster, report: PlanReport, times: LiveTimes | undefined): readonly Advice[] {
  const advice = [
    ...unreachable(cluster),
    ...membership(cluster, report),
    ...timing(cluster, report),
    ...leadership(cluster, report),
    ...disks(cluster, times),
    ...unknown(times),
  ];
  const order = ["must", "should", "may"];
  return advice.sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}

function unreachable({ members }: LiveCluster): readonly Advice[] {
  return members.flatMap(({ name, isVoter, problem }): readonly Advice[] =>
    problem === undefined
      ? []
      : [
          {
            id: "member-unreachable",
            level: isVoter ? "must" : "should",
            what: `See to ${name}, which could not be read.`,
            why: `${problem}. ${isVoter ? "While a voter is down, one failure less is tolerated." : ""}`.trim(),
          },
        ],
  );
}

function membership(
  { isJoint, kind }: LiveCluster,
  { quorum, sizes, isAvailabilityAssumed }: PlanReport,
): readonly Advice[] {
  const { voters, tolerates } = quorum;
  const down = (n: number): string => hoursText(sizes.find((size) => size.voters === n)?.downHoursPerYear ?? 0);
  const given = isAvailabilityAssumed ? "With members that are up 99.9 % of the time, " : "";
  const advice: Advice[] = [];
  if (isJoint) {
    advice.push({
      id: "change-under-way",
      level: "should",
      what: "Let the change of the voters come to its end.",
      why: "Until then every decision needs a majority of the old voters and of the new ones, so that less may fail.",
      command: "quorate member list",
    });
  }
  if (tolerates === 0) {
    advice.push({
      id: "no-fault-tolerance",
      level: "must",
      what: `Go from ${voters} to 3 voters.`,
      why: `The loss of any voter stops the cluster now. ${given}${voters} are down ${down(voters)} a year, 3 are ${down(3)}.`,
      ...(kind === "quorate" ? { command: "quorate member add <name> <peer-url>" } : {}),
    });
  } else if (voters % 2 === 0) {
    advice.push({
      id: "even-number",
      level: "should",
      what: `Go from ${voters} voters to ${voters + 1}, or to ${voters - 1}.`,
      why:
        `${voters} tolerate as many failures as ${voters - 1}. ${given}${voters} are down ${down(voters)} a year, ` +
        `${voters - 1} are ${down(voters - 1)}, ${voters + 1} are ${down(voters + 1)}.`,
      ...(kind === "quorate" ? { command: "quorate members set <names>" } : {}),
    });
  }
  if (voters > 7) {
    advice.push({
      id: "many-voters",
      level: "may",
      what: `Let some of the ${voters} voters be learners.`,
      why: `${quorum.quorum} of them must sync every write. Seven voters tolerate three failures; learners serve reads all the same.`,
    });
  }
  return advice;
}

function timing({ electionTimeoutMs: timeoutMs, members }: LiveCluster, { election }: PlanReport): readonly Advice[] {
  const advice: Advice[] = [];
  if (timeoutMs !== undefined && election !== undefined) {
    const { suggested, roundTripMs, time } = election;
    if (timeoutMs < suggested.timeoutMs) {
      const bound = {
        floor: `${leastTimeoutMs} ms`,
        "round trip": "10 round trips",
        tail: "3 times the p99.9 of a round trip and a sync",
      };
      advice.push({
        id: "timeout-too-short",
        level: "must",
        what: `Raise the election timeout from ${timeoutMs} to ${suggested.timeoutMs} ms.`,
        why: `It should be at least ${bound[suggested.because]}, and voters are up to ${msText(roundTripMs)} apart: leaders that live are deposed.`,
        command: `quorate timing set --election-timeout ${suggested.timeoutMs}`,
      });
    } else if (timeoutMs > 3 * suggested.timeoutMs && time !== undefined) {
      const hasTail = members.some(({ metrics }) => metrics?.isMeansOnly === false);
      advice.push({
        id: "timeout-long",
        level: "may",
        what: `The election timeout of ${timeoutMs} ms could be shorter.`,
        why:
          `The loss of a leader costs ${msText(time.meanMs)} on average, ${msText(time.p99Ms)} at p99. The times measured allow ` +
          `${suggested.timeoutMs} ms${hasTail ? "" : ", but they are means: leave room for pauses of processes and disks"}.`,
      });
    }
  }
  const restless = members.flatMap(({ name, metrics }) => {
    const [changes, hours] = [metrics?.leaderChanges ?? 0, metrics?.upHours ?? 0];
    return changes >= 4 && hours > 0 && changes / hours > 1 / 24 ? [{ name, changes, hours }] : [];
  });
  const most = restless.toSorted((a, b) => b.changes - a.changes)[0];
  if (most !== undefined) {
    advice.push({
      id: "leader-changes",
      level: "should",
      what: "Find out why leaders change.",
      why: `${most.name} has seen ${most.changes} leaders in ${hoursText(most.hours)}; each change stops writes for about an election timeout.`,
    });
  }
  return advice;
}

function leadership(cluster: LiveCluster, { latency }: PlanReport): readonly Advice[] {
  const leader = cluster.members.find(({ id }) => id === cluster.leader);
  if (leader === undefined) {
    return [
      {
        id: "no-leader",
        level: "must",
        what: "See to it that a majority of the voters runs and that they reach each other.",
        why: "No leader is known, so that nothing is written.",
      },
    ];
  }
  const advice: Advice[] = [];
  const present = latency?.leaders.find((one) => one.leader === leader.name);
  const best = latency?.leaders[0];
  if (
    present !== undefined &&
    best !== undefined &&
    best.p50 < betterPart * present.p50 &&
    present.p50 - best.p50 >= betterMs
  ) {
    advice.push({
      id: "better-leader",
      level: "should",
      what: `Let ${best.leader} lead instead of ${leader.name}.`,
      why: `A commit then takes ${msText(best.p50)} instead of ${msText(present.p50)} (p99 ${msText(best.p99)} instead of ${msText(present.p99)}).`,
      ...(cluster.kind === "quorate" ? { command: `quorate leader transfer ${best.leader}` } : {}),
    });
  }
  const [none, one] = latency?.slow ?? [];
  if (
    none?.latency !== undefined &&
    one?.latency !== undefined &&
    one.latency.p50 > 2 * none.latency.p50 &&
    one.latency.p50 - none.latency.p50 >= betterMs
  ) {
    advice.push({
      id: "depends-on-one",
      level: "may",
      what: `Commits depend on ${one.slow.join(", ")}.`,
      why: `When it is slow or down, they take ${msText(one.latency.p50)} instead of ${msText(none.latency.p50)}: the others take longer to answer.`,
    });
  }
  return advice;
}

function disks({ members }: LiveCluster, times: LiveTimes | undefined): readonly Advice[] {
  if (times === undefined) return [];
  return members.flatMap(({ name, isVoter, metrics }): readonly Advice[] => {
    if (metrics?.sync === undefined || !isVoter) return [];
    const isMean = metrics.sync.fixed !== undefined;
    const ms = metrics.sync.quantile(0.99);
    if (ms <= slowSyncMs) return [];
    return [
      {
        id: "slow-disk",
        level: "should",
        what: `Give ${name} a faster disk for its log.`,
        why: `A sync takes ${msText(ms)} ${isMean ? "on average" : "at p99"}, and its votes and entries wait for it. ${slowSyncMs} ms at p99 is the most that etcd recommends.`,
      },
    ];
  });
}

function unknown(times: LiveTimes | undefined): readonly Advice[] {
  if (times === undefined) {
    return [
      {
        id: "times-unknown",
        level: "may",
        what: "Give --rtt and --fsync to plan latency and elections.",
        why: "The members' metrics have no round trips and syncs.",
      },
    ];
  }
  if (times.missing.length === 0) return [];
  const [named, more] = [times.missing.slice(0, 6).join(", "), times.missing.length - 6];
  return [
    {
      id: "times-unknown",
      level: "may",
      what: "Some times are guesses.",
      why: `Nobody measured ${named}${more > 0 ? ` and ${digits(more)} more` : ""}; the largest known stands for ${times.missing.length === 1 ? "it" : "them"}.`,
    },
  ];
}

/** For people: what, then why, then how. */
export function adviceText(advice: readonly Advice[]): string {
  if (advice.length === 0) return "Nothing to change.\n";
  return `${advice
    .map(({ level, what, why, command }, at) =>
      [`${at + 1}. [${level}] ${what}`, `   ${why}`, ...(command === undefined ? [] : [`   $ ${command}`])].join("\n"),
    )
    .join("\n")}\n`;
}
