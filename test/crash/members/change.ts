import { setTimeout as delay } from "node:timers/promises";
import { admin } from "@quorate/etcd";
import type { MemberProcess } from "../../harness/member-process.ts";
import type { Operator } from "../../harness/membership.ts";
import { memberNumber } from "../../harness/membership.ts";
import type { Cluster } from "../../harness/cluster.ts";
import type { Supervisor } from "../supervisor.ts";
import type { Kill, Step } from "./steps.ts";

/** A change with kills in between is over within this time, or it is stuck. */
const changeWithinMs = 180_000;
/** A member that was removed ends by itself within this time. */
const endsWithinMs = 60_000;

export interface ChangeParts {
  readonly cluster: Cluster;
  readonly operator: Operator;
  readonly supervisor: Supervisor;
  readonly finding: (text: string) => void;
  readonly struck: (kill: Kill, name: string) => void;
  /** These vote now, and clients had better turn to them. */
  readonly made: (names: readonly string[]) => void;
}

/** Carries out one step, asked for again and again as an operator would; gives the names of those that vote afterwards. */
export async function change(parts: ChangeParts, step: Step, present: readonly string[]): Promise<readonly string[]> {
  const { cluster, operator, supervisor, finding } = parts;
  const endpoints = present.map((name) => memberNamed(cluster, name).endpoint);
  const joining: MemberProcess[] = [];
  for (let count = 0; count < step.joining; count++) joining.push(cluster.member(await cluster.newMember(endpoints)));
  const leaving = await whoLeaves(parts, step, present);
  const target = [...present.filter((name) => !leaving.includes(name)), ...joining.map(({ name }) => name)];
  const isNew = (name: string): boolean => joining.some((member) => member.name === name);
  const list = target.map((name) => (isNew(name) ? `${name}=${memberNamed(cluster, name).peerUrl}` : name)).join();
  for (const name of leaving) supervisor.mayEnd(memberNumber(name));
  const began = performance.now();
  const over = (): boolean => performance.now() - began > changeWithinMs;
  let isDone = false;
  const starting = startJoining(parts, joining, () => isDone || over());
  const wereDown = new Set<string>();
  const killing = killInTurn(parts, step, { joining, leaving, present, wereDown }, () => isDone);
  let last = "";
  while (!isDone && !over()) {
    const ended = await operator.run("members", "set", list, "--wait=60");
    last = ended.stderr;
    isDone = ended.code === 0;
    if (!isDone) await delay(300);
  }
  if (isDone) parts.made(target);
  await Promise.all([starting, killing]);
  if (!isDone) finding(`${step.name} (${present.join()} to ${target.join()}) was not done in time: ${last}`);
  else await removedHaveEnded(parts, leaving, wereDown);
  return target;
}

async function whoLeaves(parts: ChangeParts, step: Step, present: readonly string[]): Promise<readonly string[]> {
  const leader = await leaderOf(parts);
  const leaving: string[] = step.leaderLeaves && present.includes(leader) ? [leader] : [];
  for (const choice of step.choices) {
    const rest = present.filter(
      (name) => !leaving.includes(name) && (step.leaving === present.length || name !== leader),
    );
    const chosen = rest[Math.floor(choice * rest.length)];
    if (leaving.length < step.leaving && chosen !== undefined) leaving.push(chosen);
  }
  return leaving;
}

/** Starts each new member once the cluster names it. */
async function startJoining(
  { operator, supervisor }: ChangeParts,
  joining: readonly MemberProcess[],
  over: () => boolean,
) {
  const waiting = new Set(joining);
  while (waiting.size > 0 && !over()) {
    const cluster = await operator.describe().catch(() => undefined);
    for (const member of waiting) {
      if (cluster?.members.some(({ name }) => name === member.name) !== true) continue;
      supervisor.start(memberNumber(member.name));
      waiting.delete(member);
    }
    await delay(100);
  }
}

interface Sides {
  readonly joining: readonly MemberProcess[];
  readonly leaving: readonly string[];
  readonly present: readonly string[];
  /** Names of those that were killed, filled as it happens. */
  readonly wereDown: Set<string>;
}

async function killInTurn(parts: ChangeParts, step: Step, sides: Sides, isDone: () => boolean): Promise<void> {
  for (const kill of step.kills) {
    await delay(kill.afterMs);
    // What is to be shown is a kill during the change.
    if (isDone()) return;
    const name = await victimOf(parts, kill, sides);
    const index = name === undefined ? undefined : memberNumber(name);
    if (name === undefined || index === undefined || parts.cluster.member(index).pid === undefined) continue;
    parts.struck(kill, name);
    sides.wereDown.add(name);
    await parts.supervisor.kill(index);
    await delay(kill.downMs);
    parts.supervisor.start(index);
    if (sides.leaving.includes(name)) parts.supervisor.mayEnd(index);
  }
}

async function victimOf(
  parts: ChangeParts,
  { victim, choice }: Kill,
  { joining, leaving, present }: Sides,
): Promise<string | undefined> {
  const pick = (names: readonly string[]): string | undefined => names[Math.floor(choice * names.length)];
  switch (victim) {
    case "leader":
      return leaderOf(parts);
    case "joining member":
      return pick(joining.map(({ name }) => name));
    case "leaving member":
      return pick(leaving);
    case "voter":
      return pick(present);
  }
}

/** By name; empty while nobody leads. */
async function leaderOf({ operator }: ChangeParts): Promise<string> {
  const cluster = await operator.describe().catch(() => undefined);
  return cluster?.members.find(({ id }) => id === cluster.leader)?.name ?? "";
}

/**
 * Those that left end by themselves, with code 0. One that was down when it was removed may come back too late to be told
 * (leaders try for five election timeouts): it disturbs nobody, and is ended as an operator would.
 */
async function removedHaveEnded(
  { cluster, supervisor, finding }: ChangeParts,
  names: readonly string[],
  wereDown: ReadonlySet<string>,
): Promise<void> {
  await Promise.all(
    names.map(async (name) => {
      const member = memberNamed(cluster, name);
      if (wereDown.has(name)) return supervisor.kill(memberNumber(name));
      let limit: NodeJS.Timeout | undefined;
      const late = new Promise<string>((resolve) => {
        limit = setTimeout(() => resolve("late"), endsWithinMs);
      });
      const how = await Promise.race([member.exited(), late]);
      clearTimeout(limit);
      if (how === "code 0") return;
      finding(`${name} was removed, and ${how === "late" ? "does not end" : `ended with ${how}`}`);
      await supervisor.kill(memberNumber(name));
    }),
  );
}

function memberNamed(cluster: Cluster, name: string): MemberProcess {
  return cluster.member(memberNumber(name));
}

/** Whether the cluster has exactly these voters, outside of any change. */
export function hasVoters({ isJoint, members }: admin.DescribeResponse, names: readonly string[]): boolean {
  const voters = members.filter(({ role }) => role === admin.Role.VOTER).map(({ name }) => name);
  return !isJoint && voters.length === names.length && names.every((name) => voters.includes(name));
}
