import type { Case } from "../case/case.ts";
import type { Event } from "../case/event.ts";
import {
  chosen,
  countOf,
  durationText,
  grouped,
  mostOf,
  runsOf,
  spanOf,
  times,
  type Finding,
  type Severity,
} from "./finding.ts";

/** Slow things that are further apart than this are told of apart. */
const gapMs = 120_000;
const nearMs = 5000;

/** Writes to the log that took long, or stood still. */
export function findSlowDisk({ events }: Case): readonly Finding[] {
  const stops = events.filter(isStandstill);
  const slow = events.filter(
    (event) =>
      event.kind === "slow-sync" &&
      !stops.some(
        ({ who, atMs, mostValue }) =>
          who === event.who && Math.abs(atMs - event.atMs) <= stopMs && (mostValue ?? 0) >= (event.mostValue ?? 0) / 2,
      ),
  );
  return perMember(slow).map(({ member, run }): Finding => {
    const count = countOf(run);
    const worst = mostOf(run);
    return {
      id: "slow-disk",
      severity: worst >= 1000 || count >= 3 ? "serious" : "warning",
      confidence: count >= 3 ? 0.95 : 0.8,
      members: [member],
      span: spanOf(run),
      summary: `${member} waited for its disk too long ${times(count)}, ${durationText(worst)} at the most.`,
      evidence: chosen(run),
    };
  });
}

/** Lines about timers and syncs are written at most this often, and may speak of anything since the last. */
const stopMs = 12_000;

/** The whole process stood still: whatever it waited for meanwhile seems to have taken as long. */
function isStandstill({ kind, text }: Event): boolean {
  return kind === "late" && text === "timers";
}

/** Heartbeats that went out late, or timers that did, where no disk explains it. */
export function findOverload({ events, leaderships }: Case): readonly Finding[] {
  const disks = events.filter(({ kind }) => kind === "slow-sync");
  return perMember(events.filter(({ kind }) => kind === "late")).flatMap(({ member, run }): readonly Finding[] => {
    const unexplained = run.filter(
      (late) =>
        isStandstill(late) ||
        !disks.some(
          ({ who, atMs, lastAtMs }) => who === member && atMs - nearMs < late.atMs && late.atMs < lastAtMs + nearMs,
        ),
    );
    const count = countOf(unexplained);
    if (count < 2) return [];
    const worst = mostOf(unexplained);
    const { fromMs, untilMs } = spanOf(unexplained);
    const lost = leaderships.filter(
      ({ leader, untilMs: until }) => leader === member && (until ?? 0) >= fromMs && (until ?? 0) <= untilMs + nearMs,
    );
    const severity: Severity = count >= 10 || worst >= 1000 || lost.length > 0 ? "serious" : "warning";
    const cost = lost.length === 0 ? "" : `; it lost the leadership ${times(lost.length)}`;
    return [
      {
        id: "overload",
        severity,
        confidence: count >= 10 ? 0.9 : 0.7,
        members: [member],
        span: { fromMs, untilMs },
        summary: `${member} was late ${times(count)}, by ${durationText(worst)} at the most, and no slow disk explains it${cost}.`,
        evidence: chosen(unexplained),
      },
    ];
  });
}

const manySlow = 10;

/** Committed entries that are carried out late, or reads that wait for them. */
export function findApplyLag({ events }: Case): readonly Finding[] {
  const slow = events.filter(({ kind }) => kind === "slow-apply" || kind === "apply-behind");
  return perMember(slow).flatMap(({ member, run }): readonly Finding[] => {
    const requests = run.filter(({ kind }) => kind === "slow-apply");
    const behind = run.filter(({ kind }) => kind === "apply-behind");
    const [count, worst] = [countOf(requests), mostOf(requests)];
    if (count < manySlow && worst < 1000 && behind.length === 0) return [];
    const { fromMs, untilMs } = spanOf(run);
    const isLong = behind.length > 0 && untilMs - fromMs >= 10_000;
    const parts = [
      ...(count === 0 ? [] : [`needed too long for ${count} requests, ${durationText(worst)} at the most`]),
      ...(behind.length === 0 ? [] : [`was up to ${mostOf(behind)} entries behind what is committed`]),
    ];
    return [
      {
        id: "apply-lag",
        severity: worst >= 5000 || count >= 100 || isLong ? "serious" : "warning",
        confidence: 0.85,
        members: [member],
        span: { fromMs, untilMs },
        summary: `${member} ${parts.join(", and ")}.`,
        evidence: chosen(run),
      },
    ];
  });
}

function perMember(events: readonly Event[]): readonly { readonly member: string; readonly run: readonly Event[] }[] {
  return [...grouped(events, ({ who }) => who)].flatMap(([member, own]) =>
    runsOf(own, gapMs).map((run) => ({ member, run })),
  );
}
