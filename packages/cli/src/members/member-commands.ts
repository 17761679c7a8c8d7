import type { admin } from "@quorate/etcd/api";
import type { ClientFlags } from "../client/with-calls.ts";
import { exitCodes, UsageError } from "../errors.ts";
import { called, idText, memberNamed, withCluster, type ClusterCalls } from "./cluster.ts";
import { formatMembers, membersToJson } from "./print-members.ts";

/** `quorate member ...`: one operation each. */

export function runMemberList(flags: ClientFlags): Promise<number> {
  return withCluster(flags, async (cluster) => {
    const described = await cluster.describe();
    process.stdout.write(flags.json === true ? `${membersToJson(described)}\n` : formatMembers(described));
    return exitCodes.done;
  });
}

export interface AddFlags extends ClientFlags {
  readonly peerUrls?: string;
  readonly learner?: boolean;
  readonly priority?: number;
}

export function runMemberAdd(name: string, given: string | undefined, flags: AddFlags): Promise<number> {
  if (name === "" || /[,=]/.test(name)) {
    throw new UsageError(`"${name}" is no name for a member: it needs one without commas and equals signs.`);
  }
  const urls = given ?? flags.peerUrls;
  if (urls === undefined) throw new UsageError("Where the others reach it is missing: quorate member add NAME URL.");
  const peerUrls = urls.split(",");
  return withCluster(flags, async (cluster) => {
    const value = { name, peerUrls, isPromotable: flags.learner !== true, priority: flags.priority ?? 0 };
    const { addedId } = await cluster.change({ case: "add", value });
    const becomes = flags.learner === true ? "stays a learner until it is promoted" : "votes once it has caught up";
    return tell(
      cluster,
      flags,
      `Member ${name} (${idText(addedId)}) is added: it ${becomes}. Start it with\n` +
        `  quorate join <client URL> --name ${name} --initial-advertise-peer-urls ${urls} ...`,
    );
  });
}

export function runMemberRemove(who: string, flags: ClientFlags): Promise<number> {
  return operate(flags, who, ({ id }) => ({ case: "remove", value: { id } }), "has left for good");
}

export function runMemberPromote(who: string, flags: ClientFlags): Promise<number> {
  return operate(flags, who, ({ id }) => ({ case: "promote", value: { id } }), "votes");
}

export interface UpdateFlags extends ClientFlags {
  readonly peerUrls?: string;
  readonly priority?: number;
}

export function runMemberUpdate(who: string, { peerUrls, priority, ...flags }: UpdateFlags): Promise<number> {
  if (peerUrls === undefined && priority === undefined) {
    throw new UsageError("Nothing is to be changed: give --peer-urls, --priority or both.");
  }
  return operate(
    flags,
    who,
    (member) => ({
      case: "update",
      value: {
        id: member.id,
        name: member.name,
        peerUrls: peerUrls?.split(",") ?? member.peerUrls,
        priority: priority ?? member.priority,
      },
    }),
    "is changed",
  );
}

/** `quorate leader transfer`. */
export function runLeaderTransfer(who: string | undefined, flags: ClientFlags): Promise<number> {
  return withCluster(flags, async (cluster) => {
    const before = await cluster.describe();
    const to = who === undefined ? 0n : memberNamed(before, who).id;
    const beganAt = performance.now();
    if (to === 0n || to !== before.leader) await cluster.change({ case: "transfer", value: { to } });
    const tookMs = Math.round(performance.now() - beganAt);
    const after = await cluster.describe();
    const leader = after.members.find(({ id }) => id === after.leader);
    if (flags.json === true) {
      process.stdout.write(`${JSON.stringify({ leader: idText(after.leader), name: leader?.name ?? "", tookMs })}\n`);
    } else {
      const name = leader === undefined ? "Nobody is known to lead" : `${called(leader)} leads`;
      process.stdout.write(`${name} (${tookMs} ms).\n`);
    }
    return exitCodes.done;
  });
}

export interface TimingFlags extends ClientFlags {
  readonly electionTimeout?: number;
  readonly clockDrift?: number;
}

/** `quorate timing set`: through the log, so that no two members promise each other different things. */
export function runTimingSet({ electionTimeout, clockDrift, ...flags }: TimingFlags): Promise<number> {
  if (electionTimeout === undefined && clockDrift === undefined) {
    throw new UsageError("Nothing is to be changed: give --election-timeout, --clock-drift or both.");
  }
  return withCluster(flags, async (cluster) => {
    const { timing } = await cluster.describe();
    const electionTimeoutMs = electionTimeout ?? timing?.electionTimeoutMs ?? 0;
    const clockDriftPpm = clockDrift ?? timing?.clockDriftPpm ?? 0;
    await cluster.change({ case: "timing", value: { electionTimeoutMs, clockDriftPpm } });
    const text = `The election timeout is ${electionTimeoutMs} ms, and clocks may differ by ${clockDriftPpm} parts per million.`;
    process.stdout.write(
      flags.json === true ? `${JSON.stringify({ electionTimeoutMs, clockDriftPpm })}\n` : `${text}\n`,
    );
    return exitCodes.done;
  });
}

/** `quorate members abandon`. */
export function runAbandon(flags: ClientFlags): Promise<number> {
  return withCluster(flags, async (cluster) => {
    await cluster.change({ case: "abandon", value: {} });
    return tell(cluster, flags, "The change was given up: the old voters vote, the new ones are learners.");
  });
}

type Change = Parameters<ClusterCalls["change"]>[0];

function operate(
  flags: ClientFlags,
  who: string,
  operation: (member: admin.Member) => Change,
  what: string,
): Promise<number> {
  return withCluster(flags, async (cluster) => {
    const member = memberNamed(await cluster.describe(), who);
    await cluster.change(operation(member));
    return tell(cluster, flags, `Member ${called(member)} ${what}.`);
  });
}

async function tell(cluster: ClusterCalls, flags: ClientFlags, text: string): Promise<number> {
  if (flags.json === true) process.stdout.write(`${membersToJson(await cluster.describe())}\n`);
  else process.stdout.write(`${text}\n`);
  return exitCodes.done;
}
