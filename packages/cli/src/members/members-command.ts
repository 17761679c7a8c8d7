import { setTimeout as delay } from "node:timers/promises";
import type { admin } from "@quorate/etcd/api";
import type { ClientFlags } from "../client/with-calls.ts";
import { exitCodes, FailureError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { called, memberNamed, withCluster, type ClusterCalls } from "./cluster.ts";
import {
  isNothing,
  parseWanted,
  planMembers,
  planText,
  replacing,
  type MembersPlan,
  type WantedMember,
} from "./plan-members.ts";
import { formatMembers, membersToJson } from "./print-members.ts";
import { majorityOf, readinessOf, riskOf, Silences, type Readiness } from "./readiness.ts";

export interface MembersFlags extends ClientFlags {
  readonly dryRun?: boolean;
  readonly force?: boolean;
  /** How long new voters may take to catch up, in seconds. */
  readonly wait: number;
}

const lookMs = 300;
/** A voter of today that its leader has not heard for so long will hardly come while we wait. */
const silenceMs = 5000;

/** `quorate members set`: exactly these vote afterwards. */
export function runMembersSet(list: string, flags: MembersFlags): Promise<number> {
  return withCluster(flags, async (cluster) => carryOut(cluster, await cluster.describe(), parseWanted(list), flags));
}

/** `quorate member replace`: one voter leaves, another takes its place, in one step. */
export function runMemberReplace(old: string, replacement: string, flags: MembersFlags): Promise<number> {
  return withCluster(flags, async (cluster) => {
    const present = await cluster.describe();
    const [wanted, ...others] = parseWanted(replacement);
    if (wanted === undefined || others.length > 0) throw new FailureError("One new member is needed.");
    return carryOut(cluster, present, replacing(present, old, wanted), flags);
  });
}

async function carryOut(
  cluster: ClusterCalls,
  present: admin.DescribeResponse,
  wanted: readonly WantedMember[],
  flags: MembersFlags,
): Promise<number> {
  const plan = planMembers(present, wanted);
  if (flags.dryRun === true || isNothing(plan)) {
    process.stdout.write(
      flags.json === true ? `${JSON.stringify({ ...plan, done: isNothing(plan) })}\n` : planText(plan),
    );
    return exitCodes.done;
  }
  process.stderr.write(planText(plan));
  for (const { name, peerUrl } of plan.add) {
    await cluster.change({ case: "add", value: { name, peerUrls: [peerUrl] } });
    process.stderr.write(
      `${name} is added. Start it now, unless it runs: quorate join <client URL> --name ${name} ...\n`,
    );
  }
  const voters = await untilReady(cluster, plan, flags);
  const ids = voters.map(({ id }) => id);
  await cluster.change({ case: "voters", value: { ids } });
  const after = await cluster.describe();
  process.stdout.write(flags.json === true ? `${membersToJson(after)}\n` : formatMembers(after));
  if (plan.leave.length > 0) {
    const isOne = plan.leave.length === 1;
    const what = isOne
      ? "It ends by itself: its data can be removed then."
      : "They end by themselves: their data can be removed then.";
    process.stderr.write(`${plan.leave.join(", ")} left for good. ${what}\n`);
  }
  return exitCodes.done;
}

/** Waits until all that are to vote are up to date; with `--force`, until so many are that the change can be made. */
async function untilReady(cluster: ClusterCalls, plan: MembersPlan, flags: MembersFlags): Promise<admin.Member[]> {
  const line = progressLine();
  const beganAt = performance.now();
  const silences = new Silences(silenceMs);
  let goal: bigint | undefined;
  try {
    for (;;) {
      const now = await cluster.describe();
      const waitedMs = performance.now() - beganAt;
      // Only the leader knows how the others are: between two leaders nobody does, which says nothing against anybody.
      if (now.leader === 0n || now.leader !== now.memberId) {
        silences.look(waitedMs, undefined);
        if (waitedMs >= flags.wait * 1000)
          throw new FailureError("The voters were not changed: no leader answered in time.");
        line.show("waiting for a leader");
        await delay(lookMs);
        continue;
      }
      goal ??= now.lastIndex;
      const voters = plan.voters.map((name) => memberNamed(now, name));
      const readiness = readinessOf(now, voters, goal);
      if (readiness.ready.length === voters.length) return voters;
      if (flags.force === true && readiness.ready.length >= majorityOf(voters.length)) {
        process.stderr.write(`Going on all the same (--force): ${riskOf(voters.length, readiness.ready.length)}.\n`);
        return voters;
      }
      const newcomers = new Set([...plan.add.map(({ name }) => name), ...plan.promote]);
      const lost = silences.look(waitedMs, readiness).filter((name) => !newcomers.has(name));
      if (lost.length > 0) throw refusal(lost, "cannot be reached", voters, readiness);
      if (waitedMs >= flags.wait * 1000) {
        throw refusal([...readiness.silent, ...readiness.behind], "did not catch up in time", voters, readiness);
      }
      line.show(`waiting for ${[...readiness.behind, ...readiness.silent].join(", ")}: ${readiness.text}`);
      await delay(lookMs);
    }
  } finally {
    line.clear();
  }
}

function refusal(
  names: readonly string[],
  what: string,
  voters: readonly admin.Member[],
  { ready }: Readiness,
): FailureError {
  const risk = riskOf(voters.length, ready.length);
  const force = ready.length >= majorityOf(voters.length) ? " --force makes the change all the same." : "";
  return new FailureError(
    `The voters were not changed: ${names.join(", ")} ${what}. With ${voters.map((one) => called(one)).join(", ")} as voters, ` +
      `${risk}. Start what is missing and give the same command again, or leave it out.${force}`,
  );
}
