import type { Case } from "../case/case.ts";
import type { Event } from "../case/event.ts";
import { chosen, countOf, durationText, grouped, listText, runsOf, spanOf, times, type Finding } from "./finding.ts";

const loopGapMs = 600_000;
const loopTimes = 3;

/** The same follower gets the whole state again and again, or never gets it whole. */
export function findSnapshotLoops({ events }: Case): readonly Finding[] {
  const sent = events.filter(
    ({ kind, peerName }) => kind.startsWith("snapshot-") && kind !== "snapshot-taken" && peerName !== undefined,
  );
  const told = new Set(sent.map(({ peerName }) => peerName));
  // A follower's own log tells it where no leader's does.
  const taken = events.filter(({ kind, who }) => kind === "snapshot-taken" && !told.has(who));
  return [...grouped([...sent, ...taken], (event) => event.peerName ?? event.who)].flatMap(([follower, all]) =>
    runsOf(all, loopGapMs).flatMap((run): Finding[] => {
      const of = (kind: Event["kind"]): number => countOf(run.filter((event) => event.kind === kind));
      const [failed, states] = [
        of("snapshot-failed"),
        Math.max(of("snapshot-begun"), of("snapshot-sent"), of("snapshot-taken")),
      ];
      if (failed < loopTimes && states < loopTimes) return [];
      const arrived = Math.max(of("snapshot-sent"), of("snapshot-taken"));
      return [
        {
          id: "snapshot-loop",
          severity: "serious",
          confidence: failed >= loopTimes && arrived === 0 ? 0.9 : 0.8,
          members: [follower],
          span: spanOf(run),
          summary:
            failed >= loopTimes
              ? `${follower} was to get the state ${times(Math.max(states, failed))}, and ${times(failed)} it did not arrive whole.`
              : `${follower} got the state ${times(states)}: as often as it catches up, it falls behind the log that is kept.`,
          evidence: chosen(run),
        },
      ];
    }),
  );
}

const stuckMs = 30_000;
const slowChangeMs = 10_000;

/** A joint configuration that stays in force: every decision needs two majorities as long as it does. */
export function findStuckChanges({ events, untilMs }: Case): readonly Finding[] {
  const changes = events.filter(({ kind }) => kind === "configuration");
  const begins = changes.filter((event, at) => {
    const before = changes.slice(0, at).findLast(({ who }) => who === event.who);
    return isJoint(event) && !(before !== undefined && isJoint(before));
  });
  const first = begins[0];
  if (first === undefined) return [];
  const left = changes.find((event) => !isJoint(event) && event.atMs > first.atMs);
  const lastedMs = (left?.atMs ?? untilMs) - first.atMs;
  if (lastedMs < slowChangeMs) return [];
  const { voters = [], outgoing = [] } = first.members ?? {};
  return [
    {
      id: "stuck-membership-change",
      severity: left === undefined || lastedMs >= stuckMs ? "serious" : "warning",
      confidence: left === undefined ? 0.9 : 0.8,
      members: [...new Set(begins.map(({ who }) => who))].sort(),
      span: { fromMs: first.atMs, untilMs: left?.atMs ?? untilMs },
      summary: `The change from ${outgoing.length} voters to ${voters.length} was joint for ${durationText(lastedMs)}${left === undefined ? ", and is so still" : ""}.`,
      evidence: [...begins.slice(0, 4), ...(left === undefined ? [] : [left])],
    },
  ];
}

function isJoint({ members }: Event): boolean {
  return (members?.outgoing.length ?? 0) > 0;
}

/** A log, or a history, that only grows. */
export function findLogGrowth({ events }: Case): readonly Finding[] {
  const grown = [
    ...grouped(
      events.filter(({ kind }) => kind === "log-grown"),
      ({ who }) => who,
    ),
  ].flatMap(([member, own]): readonly Finding[] => {
    const first = own[0] as Event;
    const isMadeSmaller = events.some(
      ({ who, kind, text, atMs }) => who === member && kind === "compacted" && text !== "history" && atMs > first.atMs,
    );
    if (isMadeSmaller && countOf(own) < 5) return [];
    const largest = Math.max(...own.map(({ mostValue }) => mostValue ?? 0));
    return [
      {
        id: "log-growth",
        severity: countOf(own) >= 3 && !isMadeSmaller ? "serious" : "warning",
        confidence: isMadeSmaller ? 0.6 : 0.85,
        members: [member],
        span: spanOf(own),
        summary: `The log of ${member} grew to ${(largest / 1048576).toFixed(1)} MiB, and nothing made it smaller.`,
        evidence: chosen(own),
      },
    ];
  });
  const full = events.filter(({ kind, text }) => kind === "no-space" && text === "database quota");
  const isCompacted = events.some(({ kind, text }) => kind === "compacted" && text === "history");
  if (full.length === 0 || isCompacted) return grown;
  return [
    ...grown,
    {
      id: "log-growth",
      severity: "warning",
      confidence: 0.7,
      members: [...new Set(full.map(({ who }) => who))].sort(),
      span: spanOf(full),
      summary: "The database is full, and these logs show no compaction of its history.",
      evidence: chosen(full, 2),
    },
  ];
}

export function findNoSpace({ events }: Case): readonly Finding[] {
  return [
    ...grouped(
      events.filter(({ kind }) => kind === "no-space"),
      ({ text }) => text ?? "",
    ),
  ].map(([what, all]) => {
    const members = [...new Set(all.map(({ who }) => who))].sort();
    return {
      id: "no-space",
      severity: "serious",
      confidence: 0.98,
      members,
      span: spanOf(all),
      summary: `There was no room left (${what}) for ${listText(members)}.`,
      evidence: chosen(all),
    };
  });
}

/** A removed member that is started again within this time is so by mistake; stopping it is what should happen. */
const restartMs = 60_000;

export function findWrongCluster({ events }: Case): readonly Finding[] {
  const all = events.filter(({ kind }) => kind === "wrong-cluster");
  const mixed = all.filter(({ text }) => text !== "removed member");
  const removed = all.filter(({ text }) => text === "removed member");
  const again = removed.filter(({ who, peerName, atMs }) =>
    events.some(
      ({ kind, who: started, atMs: at }) =>
        kind === "started" && (started === who || started === peerName) && at <= atMs && atMs - at <= restartMs,
    ),
  );
  return [
    ...(mixed.length === 0
      ? []
      : [wrong(mixed, "serious", 0.95, (who, what) => `${who} met members that do not belong together (${what}).`)]),
    ...(again.length > 0
      ? [
          wrong(
            again,
            "serious",
            0.9,
            (who) => `A member that had been removed was started again on its old data; ${who} turned it away.`,
          ),
        ]
      : removed.length > 0
        ? [wrong(removed, "notice", 0.9, () => "A member was removed, and noticed it.")]
        : []),
  ];
}

function wrong(
  all: readonly Event[],
  severity: Finding["severity"],
  confidence: number,
  say: (who: string, what: string) => string,
): Finding {
  const members = [
    ...new Set(all.flatMap(({ who, peerName }) => [who, ...(peerName === undefined ? [] : [peerName])])),
  ].sort();
  const whats = [...new Set(all.map(({ text }) => text ?? ""))];
  const reporters = [...new Set(all.map(({ who }) => who))].sort();
  return {
    id: "wrong-cluster",
    severity,
    confidence,
    members,
    span: spanOf(all),
    summary: say(listText(reporters), whats.join(", ")),
    evidence: chosen(all),
  };
}
