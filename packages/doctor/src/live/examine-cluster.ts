import { catalogue } from "../catalogue.ts";
import type { FindingId, Severity } from "../findings/finding.ts";
import { durationText, listText } from "../findings/finding.ts";
import type { Evidence, ReportedFinding } from "../report.ts";
import { growth, metric, quantile } from "./metrics.ts";
import type { ClusterReading, MemberReading } from "./reading.ts";

/** What a live cluster shows of the ailments that logs show. */
interface Symptom {
  readonly id: FindingId;
  readonly severity: Severity;
  readonly confidence: number;
  readonly members: readonly string[];
  readonly summary: string;
  /** Where the catalogue's says more than is so yet. */
  readonly title?: string;
  readonly evidence: readonly (readonly [member: MemberReading, text: string])[];
}

type Examiner = (before: ClusterReading, now: ClusterReading) => readonly Symptom[];

/** Two readings, some seconds apart: what a counter did in between says more than where it stands. */
export function examineCluster(before: ClusterReading, now: ClusterReading): readonly ReportedFinding[] {
  const weights: readonly Severity[] = ["serious", "warning", "notice"];
  return examiners
    .flatMap((examine) => examine(before, now))
    .sort((a, b) => weights.indexOf(a.severity) - weights.indexOf(b.severity))
    .map(reported);
}

function reported({ id, severity, confidence, members, summary, evidence, ...own }: Symptom): ReportedFinding {
  const { title, meaning, action, design } = catalogue[id];
  return {
    id,
    title: own.title ?? title,
    severity,
    confidence,
    members,
    from: "now",
    until: "now",
    parts: { from: 1, until: 1 },
    summary,
    meaning,
    action,
    design,
    evidence: evidence.map(
      ([member, text]): Evidence => ({
        file: member.endpoint,
        line: 0,
        at: "now",
        member: member.name,
        part: 1,
        count: 1,
        refusal: undefined,
        text,
      }),
    ),
  };
}

const quorum: Examiner = (_, { members }) => {
  const voters = members.filter(({ isVoter }) => isVoter);
  const away = voters.filter(({ status }) => status === undefined);
  const leaderless = voters.filter(({ status }) => status?.leader === "0");
  const needed = Math.floor(voters.length / 2) + 1;
  const up = voters.length - away.length;
  const evidence = [
    ...away.map((member) => [member, member.problem ?? "no answer"] as const),
    ...leaderless.map((member) => [member, "it knows no leader"] as const),
  ];
  if (up < needed || (up > 0 && leaderless.length === up)) {
    const summary =
      up < needed
        ? `${listText(away.map(({ name }) => name))} did not answer: ${up} of ${voters.length} voters are no majority.`
        : "None of the members that answer knows a leader.";
    return [
      {
        id: "lost-quorum",
        severity: "serious",
        confidence: 0.9,
        members: evidence.map(([{ name }]) => name),
        summary,
        evidence,
      },
    ];
  }
  if (evidence.length === 0) return [];
  const spare = up - needed;
  return [
    {
      id: "lost-quorum",
      title: "A member is missing",
      severity: "warning",
      confidence: 0.9,
      members: evidence.map(([{ name }]) => name),
      summary: `${listText(evidence.map(([{ name }]) => name))} did not answer or know no leader: ${spare === 0 ? "one failure more, and there is no majority" : `${spare} more may fail`}.`,
      evidence,
    },
  ];
};

const leaders: Examiner = (_, { members }) => {
  const leading = members.filter(({ id, status }) => status?.leader === id);
  if (leading.length < 2) return [];
  return [
    {
      id: "phantom-leader",
      severity: "warning",
      confidence: 0.6,
      members: leading.map(({ name }) => name),
      summary: `${listText(leading.map(({ name }) => name))} say at about the same time that they lead.`,
      evidence: leading.map((member) => [member, `leads in term ${member.status?.term ?? 0}`] as const),
    },
  ];
};

const clusters: Examiner = (_, { members }) => {
  const answering = members.filter(({ status }) => status !== undefined);
  const ids = new Set(answering.map(({ status }) => status?.clusterId));
  if (ids.size < 2) return [];
  return [
    {
      id: "wrong-cluster",
      severity: "serious",
      confidence: 0.95,
      members: answering.map(({ name }) => name),
      summary: `The members that are listed as one cluster belong to ${ids.size}.`,
      evidence: answering.map((member) => [member, `cluster ${member.status?.clusterId ?? ""}`] as const),
    },
  ];
};

/** A member whose term is so far above the others' brings an election with it. */
const termJump = 3;

const terms: Examiner = (_, { members }) => {
  const answering = members.filter(({ status }) => status !== undefined);
  const sorted = [...answering].sort((a, b) => (b.status?.term ?? 0) - (a.status?.term ?? 0));
  const [highest, second] = sorted;
  const jump = (highest?.status?.term ?? 0) - (second?.status?.term ?? 0);
  if (highest === undefined || second === undefined || jump < termJump) return [];
  return [
    {
      id: "term-inflation",
      severity: "warning",
      confidence: 0.7,
      members: [highest.name],
      summary: `${highest.name} is in term ${highest.status?.term ?? 0}, ${jump} above everybody else.`,
      evidence: sorted.map((member) => [member, `term ${member.status?.term ?? 0}`] as const),
    },
  ];
};

const hourSeconds = 3600;
const changesPerHour = 3;

const flapping: Examiner = (before, { members, atMs }) =>
  members.flatMap((member): readonly Symptom[] => {
    const name = "etcd_server_leader_changes_seen_total";
    const changes = metric(member, name) ?? 0;
    const was = before.members.find(({ id }) => id === member.id);
    const recent = was === undefined ? 0 : (growth(was, member, name) ?? 0);
    const hours = (atMs / 1000 - (metric(member, "process_start_time_seconds") ?? atMs / 1000)) / hourSeconds;
    const rate = changes / Math.max(1, hours);
    if (recent === 0 && rate < changesPerHour) return [];
    return [
      {
        id: "leader-flapping",
        severity: recent > 0 ? "serious" : "warning",
        confidence: 0.7,
        members: [member.name],
        summary:
          recent > 0
            ? `${member.name} saw the leader change while it was looked at.`
            : `${member.name} has seen ${changes} changes of the leader, ${rate.toFixed(1)} an hour.`,
        evidence: [[member, `${name} ${changes}`]],
      },
    ];
  });

/** Fewer syncs than that say little about one in a hundred. */
const leastSyncs = 100;
const slowSyncSeconds = 0.1;
const badSyncSeconds = 0.5;

const disks: Examiner = (_, { members }) =>
  members.flatMap((member): readonly Symptom[] => {
    const name = "etcd_disk_wal_fsync_duration_seconds_bucket";
    const p99 = quantile(member.metrics.get(name), 0.99, leastSyncs);
    const mean = metric(member, "quorate_wal_sync_mean_seconds");
    const hasHistogram = member.metrics.has(name);
    const seconds = p99 ?? (hasHistogram ? 0 : (mean ?? 0));
    if (seconds < slowSyncSeconds) return [];
    const what = p99 === undefined ? "mean" : "p99";
    return [
      {
        id: "slow-disk",
        severity: seconds >= badSyncSeconds ? "serious" : "warning",
        confidence: 0.85,
        members: [member.name],
        summary: `Syncs of the log of ${member.name} take up to ${durationText(seconds * 1000)} (${what}).`,
        evidence: [[member, `${p99 === undefined ? "quorate_wal_sync_mean_seconds" : name} ${what} ${seconds} s`]],
      },
    ];
  });

/** As many as a leader of etcd sends to one follower in a second, by default: not one hiccup of the processor. */
const badLateHeartbeats = 10;

const lateness: Examiner = (before, { members }) =>
  members.flatMap((member): readonly Symptom[] => {
    const was = before.members.find(({ id }) => id === member.id);
    const name = "etcd_server_heartbeat_send_failures_total";
    const failed = was === undefined ? 0 : (growth(was, member, name) ?? 0);
    const aside = metric(member, "quorate_raft_steps_aside_total") ?? 0;
    if (failed === 0 && aside === 0) return [];
    return [
      {
        id: "overload",
        severity: failed >= badLateHeartbeats ? "serious" : "warning",
        confidence: 0.7,
        members: [member.name],
        summary:
          failed > 0
            ? `${member.name} sent ${failed} heartbeats late while it was looked at.`
            : `${member.name} handed over ${aside} times because it was slow.`,
        evidence: [[member, failed > 0 ? `${name} grew by ${failed}` : `quorate_raft_steps_aside_total ${aside}`]],
      },
    ];
  });

const lagEntries = 1000;
const badLagEntries = 5000;

const applying: Examiner = (_, { members }) =>
  members.flatMap((member): readonly Symptom[] => {
    const { index = 0, appliedIndex = 0 } = member.status ?? {};
    const lag = appliedIndex === 0 ? 0 : index - appliedIndex;
    if (lag < lagEntries) return [];
    return [
      {
        id: "apply-lag",
        severity: lag >= badLagEntries ? "serious" : "warning",
        confidence: 0.85,
        members: [member.name],
        summary: `${member.name} has ${lag} entries still to apply.`,
        evidence: [[member, `index ${index}, applied ${appliedIndex}`]],
      },
    ];
  });

const behindEntries = 10_000;

/** Far behind the leader, and no nearer after some seconds. */
const followers: Examiner = (before, { members }) => {
  const leads = members.find(({ id, status }) => status?.leader === id);
  if (leads?.status === undefined) return [];
  const { index } = leads.status;
  return members.flatMap((member): readonly Symptom[] => {
    const own = member.status?.index ?? index;
    const was = before.members.find(({ id }) => id === member.id)?.status?.index ?? 0;
    const failures = metric(member, "quorate_state_sent_failed_total") ?? 0;
    const isStuck = index - own >= behindEntries && own <= was;
    if (!isStuck && failures < 3) return [];
    return [
      {
        id: "snapshot-loop",
        severity: isStuck ? "serious" : "warning",
        confidence: 0.7,
        members: [member.name],
        summary: isStuck
          ? `${member.name} is ${index - own} entries behind the leader, and comes no nearer.`
          : `${member.name} has sent ${failures} states to others in vain.`,
        evidence: [
          [member, isStuck ? `index ${own}, the leader's ${index}` : `quorate_state_sent_failed_total ${failures}`],
        ],
      },
    ];
  });
};

const quotaShare = 0.9;

const space: Examiner = (_, { members }) =>
  members.flatMap((member): readonly Symptom[] => {
    const alarmed = member.status?.errors.find((error) => error.includes("NOSPACE"));
    const quota = metric(member, "etcd_server_quota_backend_bytes") ?? 0;
    const bytes = member.status?.databaseBytes ?? 0;
    if (alarmed === undefined && (quota <= 0 || bytes < quota * quotaShare)) return [];
    return [
      {
        id: "no-space",
        severity: alarmed === undefined ? "warning" : "serious",
        confidence: alarmed === undefined ? 0.8 : 0.98,
        members: [member.name],
        summary:
          alarmed === undefined
            ? `The database of ${member.name} is at ${((100 * bytes) / quota).toFixed(0)} % of its quota.`
            : `${member.name} is out of room, and refuses writes.`,
        evidence: [[member, alarmed ?? `${bytes} of ${quota} bytes`]],
      },
    ];
  });

const leastWasteBytes = 100_000_000;

const growthOfLog: Examiner = (_, { members }) =>
  members.flatMap((member): readonly Symptom[] => {
    const { databaseBytes = 0, databaseBytesInUse = 0 } = member.status ?? {};
    const waste = databaseBytesInUse === 0 ? 0 : databaseBytes - databaseBytesInUse;
    if (waste < leastWasteBytes || waste < databaseBytes / 2) return [];
    return [
      {
        id: "log-growth",
        severity: "warning",
        confidence: 0.7,
        members: [member.name],
        summary: `More than half of the database of ${member.name} is empty: it waits to be defragmented.`,
        evidence: [[member, `${databaseBytes} bytes, ${databaseBytesInUse} of them in use`]],
      },
    ];
  });

/** etcd tells which peers it hears from: one hears the other, and is not heard. */
const links: Examiner = (_, { members }) => {
  const hears = (one: MemberReading, other: MemberReading): boolean | undefined => {
    const sample = one.metrics.get("etcd_network_active_peers")?.find(({ labels }) => labels["Remote"] === other.id);
    return sample === undefined ? undefined : sample.value > 0;
  };
  return members.flatMap((one) =>
    members.flatMap((other): readonly Symptom[] => {
      if (hears(one, other) !== true || hears(other, one) !== false) return [];
      return [
        {
          id: "asymmetric-partition",
          severity: "serious",
          confidence: 0.7,
          members: [one.name, other.name],
          summary: `${one.name} has a connection to ${other.name}, and ${other.name} has none to ${one.name}.`,
          evidence: [[other, `etcd_network_active_peers{Remote="${one.id}"} 0`]],
        },
      ];
    }),
  );
};

const changes: Examiner = (before, now) =>
  before.isJoint === true && now.isJoint === true
    ? [
        {
          id: "stuck-membership-change",
          severity: "warning",
          confidence: 0.6,
          members: now.members.map(({ name }) => name),
          summary: `A membership change was joint for all of ${durationText(now.atMs - before.atMs)} in which the cluster was looked at.`,
          evidence: [],
        },
      ]
    : [];

const examiners: readonly Examiner[] = [
  quorum,
  leaders,
  clusters,
  terms,
  flapping,
  disks,
  lateness,
  applying,
  followers,
  space,
  growthOfLog,
  links,
  changes,
];
