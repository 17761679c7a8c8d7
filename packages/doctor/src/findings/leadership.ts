import type { Case } from "../case/case.ts";
import type { Event } from "../case/event.ts";
import { between, firstFrom } from "../case/in-order.ts";
import type { Leadership } from "../case/leaderships.ts";
import { chosen, durationText, listText, runsOf, spanOf, times, type Finding } from "./finding.ts";

const windowMs = 300_000;
const manyChanges = 4;
const someChanges = 3;
/** A handover that was asked for, shortly before. */
const handoverMs = 3000;
/** And a stop in order: an election follows it. */
const stopMs = 15_000;
/** Members that are stopped together are so within this time. */
const shutDownMs = 30_000;
/** Without a leader for so long, and nobody is served. */
const leaderlessMs = 10_000;

/** Leaders come and go, for no reason that an operator gave. */
export function findFlapping({ leaderships, events }: Case): readonly Finding[] {
  const transfers = events.filter(({ kind }) => kind === "transfer").map(({ atMs }) => atMs);
  const stops = events.filter(({ kind }) => kind === "stopped");
  const changes = leaderships
    .slice(1)
    .filter(({ fromMs }, at) => !wasStopped(stops, leaderships[at], fromMs))
    .filter(({ fromMs }) => !transfers.some((at) => at <= fromMs && fromMs - at < handoverMs));
  const densest = densestOf(changes);
  if (densest.length < someChanges) return [];
  const evidence = densest.flatMap((leadership) => leadership.evidence.slice(0, 1));
  const leaders = [...new Set(densest.map(({ leader }) => leader))].sort();
  const span = spanOf(evidence);
  return [
    {
      id: "leader-flapping",
      severity: densest.length >= manyChanges ? "serious" : "warning",
      confidence: Math.min(0.95, 0.6 + 0.05 * densest.length),
      members: leaders,
      span,
      summary: `The leadership changed ${times(densest.length)} in ${durationText(span.untilMs - span.fromMs)}, between ${listText(leaders)}.`,
      evidence: chosen(evidence),
    },
  ];
}

/** The most of them, which are in the order of time, that lie within the window. */
function densestOf(changes: readonly Leadership[]): readonly Leadership[] {
  let [begin, most] = [0, 0];
  for (let [first, end] = [0, 0]; first < changes.length; first++) {
    const fromMs = changes[first]?.fromMs ?? 0;
    while (end < changes.length && (changes[end]?.fromMs ?? 0) - fromMs <= windowMs) end++;
    if (end - first > most) [begin, most] = [first, end - first];
  }
  return changes.slice(begin, begin + most);
}

/** The leader before was stopped in order: whoever did that wanted another. */
function wasStopped(stops: readonly Event[], before: Leadership | undefined, fromMs: number): boolean {
  if (before === undefined) return false;
  return between(stops, Math.max(before.fromMs, fromMs - stopMs), fromMs).some(({ who }) => who === before.leader);
}

/** A leader that heard no quorum, or a cluster that had no leader for long. */
export function findLostQuorum(about: Case): readonly Finding[] {
  const lost = about.events.filter((event) => event.kind === "quorum-lost" && !isShutDown(about, event));
  const stepped = runsOf(lost, 60_000).map((run): Finding => {
    const last = run.at(-1) as Event;
    const successor = about.leaderships.find(
      ({ leader, fromMs }) => leader !== last.who && Math.abs(fromMs - last.atMs) < 10_000,
    );
    const members = [...new Set(run.map(({ who }) => who))].sort();
    const after =
      successor === undefined
        ? "and nobody took over for long"
        : `while ${successor.leader} was elected by the majority${successor.term === undefined ? "" : ` in term ${successor.term}`}`;
    return {
      id: "lost-quorum",
      severity: "serious",
      confidence: 0.95,
      members,
      span: spanOf(run),
      summary: `${listText(members)} led and heard no majority any more, ${after}.`,
      evidence: [...chosen(run), ...(successor?.evidence.slice(0, 1) ?? [])],
    };
  });
  return stepped.length > 0 ? stepped : leaderless(about);
}

/** It was stopped in order itself, or most members were: whoever shuts a cluster down loses its quorum on the way. */
function isShutDown({ events, members }: Case, { who, atMs }: Event): boolean {
  const stopped = new Set(
    between(events, atMs - shutDownMs, atMs + shutDownMs)
      .filter(({ kind }) => kind === "stopped")
      .map((event) => event.who),
  );
  return stopped.has(who) || stopped.size > members.length / 2;
}

function leaderless({ leaderships, untilMs, events }: Case): readonly Finding[] {
  return leaderships.flatMap((leadership, at): readonly Finding[] => {
    const end = leadership.untilMs;
    if (end === undefined) return [];
    const next =
      leaderships[
        Math.max(
          at + 1,
          firstFrom(leaderships, end, ({ fromMs }) => fromMs),
        )
      ]?.fromMs;
    if ((next ?? untilMs) - end < leaderlessMs) return [];
    const others = leaderships.some(
      ({ fromMs, untilMs: until }, other) => other !== at && fromMs < end && (until ?? untilMs) > end,
    );
    if (others || isTheEnd(events, end)) return [];
    return [
      {
        id: "lost-quorum",
        severity: "serious",
        confidence: 0.75,
        members: [leadership.leader],
        span: { fromMs: end, untilMs: next ?? untilMs },
        summary: `Nobody led for ${durationText((next ?? untilMs) - end)} after ${leadership.leader} had stopped.`,
        evidence: leadership.evidence,
      },
    ];
  });
}

/** Everybody was stopped in order: no wonder. */
function isTheEnd(events: readonly Event[], fromMs: number): boolean {
  let hasStopped = false;
  for (let at = firstFrom(events, fromMs - 1000, ({ atMs }) => atMs); at < events.length; at++) {
    const { kind, role } = events[at] as Event;
    if (kind === "role" && role !== "follower") return false;
    hasStopped ||= kind === "stopped";
  }
  return hasStopped;
}

/** Two leaders at once, by their own accounts, or clocks that cannot be trusted: where leases are in use, stale reads. */
export function findPhantomLeader({ leaderships, offsets, events, untilMs }: Case): readonly Finding[] {
  const overlaps = leaderships.flatMap((before, at) =>
    // Who began when this one led no more cannot have led at the same time.
    leaderships
      .slice(
        at + 1,
        firstFrom(leaderships, before.ledAtMs, ({ fromMs }) => fromMs),
      )
      .flatMap((after) => {
        if (before.leader === after.leader || before.evidence[0]?.kind !== "role") return [];
        const ms =
          Math.min(before.ledAtMs, after.untilMs ?? untilMs) - after.fromMs - uncertainty(offsets, before, after);
        return ms > noticeableMs ? [{ before, after, ms }] : [];
      }),
  );
  const clocks = events.filter(
    ({ kind, value, mostValue }) =>
      (kind === "clock-difference" && (mostValue ?? value ?? 0) >= 1000) ||
      (kind === "suspended" && (mostValue ?? 0) >= 100),
  );
  const apart = offsets.filter(
    ({ leastMs, mostMs }) => Math.min(Math.abs(leastMs), Math.abs(mostMs)) >= apartMs && leastMs * mostMs > 0,
  );
  if (overlaps.length === 0 && clocks.length === 0 && apart.length === 0) return [];
  const worst = [...overlaps].sort((a, b) => b.ms - a.ms)[0];
  const evidence = [
    ...(worst === undefined ? [] : [...worst.before.evidence, ...worst.after.evidence.slice(0, 1)]),
    ...chosen(clocks, 4),
  ];
  const members = [
    ...(worst === undefined ? [] : [worst.before.leader, worst.after.leader]),
    ...clocks.map(({ who }) => who),
    ...apart.map(({ member }) => member),
  ];
  return [
    {
      id: "phantom-leader",
      severity: worst !== undefined && (clocks.length > 0 || worst.ms >= leaderlessMs) ? "serious" : "warning",
      confidence: worst !== undefined && clocks.length > 0 ? 0.9 : worst !== undefined ? 0.7 : 0.6,
      members: [...new Set(members)].sort(),
      span: evidence.length > 0 ? spanOf([...evidence].sort((a, b) => a.atMs - b.atMs)) : { fromMs: untilMs, untilMs },
      summary: [
        ...(worst === undefined
          ? []
          : [`${worst.before.leader} still led when ${worst.after.leader} did, for ${durationText(worst.ms)}.`]),
        ...(clocks.length === 0
          ? []
          : [
              `${listText([...new Set(clocks.map(({ who }) => who))])} told of clocks that jump, differ or stood still.`,
            ]),
        ...apart.map(
          ({ member, reference, leastMs, mostMs }) =>
            `The clock of ${member} differs from that of ${reference} by ${durationText(Math.min(Math.abs(leastMs), Math.abs(mostMs)))} or more.`,
        ),
      ].join(" "),
      evidence,
    },
  ];
}

/** What of two overlapping leaderships the order of lines and the estimate of clocks may explain. */
const noticeableMs = 50;
const apartMs = 500;

function uncertainty(offsets: Case["offsets"], before: Leadership, after: Leadership): number {
  // Two logs whose clocks no election relates may be apart by anything that nobody would notice.
  const isKnown = (name: string): boolean =>
    offsets.some(({ member, reference }) => name === member || name === reference);
  if (!isKnown(before.leader) || !isKnown(after.leader)) return apartMs;
  return offsets
    .filter(({ member, reference }) =>
      [before.leader, after.leader].some((name) => name === member || name === reference),
    )
    .reduce((most, { leastMs, mostMs }) => Math.max(most, (mostMs - leastMs) / 2), 0);
}
