import type { JointFacts } from "@quorate/planner";
import type { ElectionPlan } from "./plan-election.ts";
import type { LatencyPlan, PlanReport } from "./plan-report.ts";
import { availabilityText, bar, digits, hoursText, logShare, msText, percentText, tableText } from "./plan-text.ts";

const barWidth = 30;

/** The report for people: sentences, tables and bars. */
export function formatPlan(report: PlanReport): string {
  const sections = [
    quorumText(report),
    ...(report.partitions === undefined ? [] : [partitionsText(report.partitions, report.quorum.isSafe)]),
    ...(report.change === undefined ? [] : [changeText(report.change)]),
    availabilitySection(report),
    ...(report.latency === undefined ? [] : [latencyText(report.latency)]),
    ...(report.election === undefined ? [] : [electionText(report.election)]),
  ];
  return sections.join("\n");
}

/** The report as one line of JSON: what is counted beyond a number's precision as text, what never happens as null. */
export function planToJson(report: object): string {
  return JSON.stringify(report, (_key, value: unknown) => {
    if (typeof value === "bigint") return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value.toString();
    return value;
  });
}

function quorumText({ quorum: facts, splits, learners, members }: PlanReport): string {
  const { voters, quorum, isSafe, shared, tolerates } = facts;
  const zones = new Set(members.map(({ zone }) => zone));
  const where = zones.size < voters ? ` in ${count(zones.size, "zone")}` : "";
  const lines = [
    `${count(voters, "voter")}${where}${learners === 0 ? "" : ` and ${count(learners, "learner")}`}, of which ${quorum} decide`,
    isSafe
      ? `  Safe: any two quorums share ${shared === 1 ? "a member" : `${shared} members`} at least.`
      : `  NOT SAFE: two quorums can have no member in common, and decide differently. ${Math.floor(voters / 2) + 1} is the smallest safe quorum.`,
    tolerates === 0
      ? "  No voter may fail: the loss of any stops the cluster."
      : `  ${capital(count(tolerates, "voter"))} may fail, whichever; with ${tolerates + 1} down nothing is decided.`,
    ...(learners === 0 ? [] : ["  Learners count in neither: they make nothing safer or less safe."]),
    ...(voters > 1
      ? [
          `  Cut in two sides at random: of ${splits.all} ways, ${splits.two} leave two leaders (${percentText(splits.twoPart)}), ` +
            `${splits.one} one, ${splits.none} none (${percentText(splits.nonePart)}).`,
        ]
      : []),
    ...(isSafe && voters > 1 && voters % 2 === 0 && quorum === voters / 2 + 1
      ? [`  An even number: with ${count(voters - 1, "voter")} as many may fail, and there are fewer that can.`]
      : []),
  ];
  return `${lines.join("\n")}\n`;
}

function partitionsText(
  { linkDown, between, two, one, none }: NonNullable<PlanReport["partitions"]>,
  isSafe: boolean,
): string {
  const lines = [
    `When each link between two ${between} is down ${percentText(linkDown)} of the time`,
    `  two leaders   ${isSafe ? "never" : `${percentText(two)} of the time`}`,
    `  one           ${percentText(one)}`,
    `  no quorum     ${percentText(none)}`,
  ];
  return `${lines.join("\n")}\n`;
}

function changeText(facts: JointFacts): string {
  const { old, new: next, both, voters, smallestQuorum, tolerates, toleratesAtBest, oldQuorum, newQuorum } = facts;
  const lines = [
    `While it changes from ${old} to ${next} voters (${both} in both sets, ${voters} in all)`,
    `  Every decision needs ${oldQuorum} of the old ${old} and ${newQuorum} of the new ${next}: ${smallestQuorum} members at least.`,
    `  ${capital(count(tolerates, "voter"))} may fail, whichever; ${toleratesAtBest} if it is the right ones.`,
  ];
  return `${lines.join("\n")}\n`;
}

function availabilitySection({ availability, isAvailabilityAssumed, sizes, quorum }: PlanReport): string {
  const { unavailability: lost, downHoursPerYear, hoursBetweenOutages, outageHours } = availability;
  const example = isAvailabilityAssumed
    ? " (members up 99.9 % of the time: an example; say yours with --availability)"
    : "";
  const shown = sizes.filter(({ unavailability: down }) => down > 0);
  const [least, most] = [Math.min, Math.max].map((choose) => choose(...shown.map((size) => size.downHoursPerYear))) as [
    number,
    number,
  ];
  const rows = sizes.map((size) => {
    const before = sizes.find(({ voters }) => voters === size.voters - 1);
    const isWorse = before !== undefined && size.unavailability > before.unavailability;
    return [
      `${size.voters}${size.voters === quorum.voters ? " *" : ""}`,
      String(size.quorum),
      String(size.tolerates),
      hoursText(size.downHoursPerYear),
      bar(logShare(size.downHoursPerYear, least, most), barWidth) + (isWorse ? ` worse than ${size.voters - 1}` : ""),
    ];
  });
  return [
    `Availability${example}\n`,
    `  Up ${availabilityText(lost)} of the time: out of service for ${hoursText(downHoursPerYear)} a year`,
    hoursBetweenOutages === Number.POSITIVE_INFINITY
      ? ".\n"
      : `, once in ${hoursText(hoursBetweenOutages)}, for ${hoursText(outageHours)} on average.\n`,
    quorum.isSafe ? "" : "  That counts moments with two leaders as service, which they are not.\n",
    "  By the number of equal voters that fail each by itself (logarithmic bars):\n",
    tableText([["VOTERS", "QUORUM", "MAY FAIL", "DOWN A YEAR", ""], ...rows]),
  ].join("");
}

function latencyText({ leaders, leader: looked, slow }: LatencyPlan): string {
  const most = Math.max(...leaders.map(({ p99 }) => p99));
  const rows = leaders.map(({ leader, p50, p99, p999 }) => [
    leader,
    msText(p50),
    msText(p99),
    msText(p999),
    bar(p99 / most, barWidth),
  ]);
  const effects = slow.map(({ slow: members, latency }) => [
    members.length === 0 ? "none" : members.join(", "),
    ...(latency === undefined
      ? ["nothing is committed"]
      : [msText(latency.p50), msText(latency.p99), msText(latency.p999)]),
  ]);
  return [
    "Commit latency: the quorum-th fastest, the leader counted\n",
    tableText([["LEADER", "P50", "P99", "P99.9", ""], ...rows]),
    `  Under ${looked}, when followers are slow without bound (the worst choice of them):\n`,
    tableText([["SLOW", "P50", "P99", "P99.9"], ...effects]),
  ].join("");
}

function electionText(plan: ElectionPlan): string {
  const { roundTripMs, syncMs, suggested, timeoutMs, windowMs, time, windows, windowForOnePercent } = plan;
  const reasons = {
    floor: "the least that is wise",
    "round trip": "10 round trips",
    tail: "3 times the p99.9 of a round trip and a sync",
  };
  const isSuggested = timeoutMs === suggested.timeoutMs && windowMs === suggested.windowMs;
  const head = [
    `Elections: ${msText(roundTripMs)} between the farthest voters, ${msText(syncMs)} for a sync`,
    `  Suggested: timers from ${digits(suggested.timeoutMs)} to ${digits(suggested.timeoutMs + suggested.windowMs)} ms (${reasons[suggested.because]}), heartbeats every ${digits(suggested.heartbeatMs)} ms.`,
    ...(isSuggested ? [] : [`  Computed for timers from ${digits(timeoutMs)} to ${digits(timeoutMs + windowMs)} ms.`]),
  ];
  if (time === undefined && windows.length === 0) {
    return `${[...head, "  Without the leader no quorum is left: nobody else can be elected."].join("\n")}\n`;
  }
  const split =
    windows.find((one) => one.windowMs === Math.round(windowMs))?.splitProbability ?? time?.splitProbability ?? 1;
  const rows = windows.map((one) => [
    `${msText(one.windowMs)}${one.windowMs === Math.round(windowMs) ? " *" : ""}`,
    percentText(one.splitProbability),
    one.meanMs === undefined ? "-" : msText(one.meanMs),
    one.p99Ms === undefined ? "-" : msText(one.p99Ms),
    bar(one.splitProbability, barWidth),
  ]);
  return [
    `${head.join("\n")}\n`,
    time === undefined
      ? `  Most elections would be split (${percentText(split)}): the window is too narrow.\n`
      : `  A split vote: ${percentText(split)}. From the loss of a leader to the next: ${msText(time.meanMs)} on average, ${msText(time.p99Ms)} at p99.\n`,
    windowForOnePercent === undefined
      ? ""
      : `  A window of ${msText(windowForOnePercent)} makes a split vote as rare as 1 %.\n`,
    tableText([["WINDOW", "SPLIT VOTE", "MEAN", "P99", ""], ...rows]),
  ].join("");
}

function count(number: number, what: string): string {
  return `${number === 0 ? "no" : number} ${what}${number === 1 ? "" : "s"}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
