import type { Case } from "./case/case.ts";
import type { Event } from "./case/event.ts";
import { catalogue } from "./catalogue.ts";
import type { Finding, FindingId, Severity } from "./findings/finding.ts";
import { lanesOf, type Lane } from "./timeline/lanes.ts";
import { clockText } from "./timestamps.ts";

/** A line of the input that shows something. */
export interface Evidence {
  readonly file: string;
  readonly line: number;
  /** The time in the line, corrected for its member's clock; as `clockText` gives it. */
  readonly at: string;
  readonly member: string;
  /** When, as a part of the whole span, from 0 to 1, as in lanes; 1 of what is so now. */
  readonly part: number;
  /** How many such lines there are from this one on, close together. */
  readonly count: number;
  /** Where the line tells that a follower's log lacks what it should have at `index`: of which term that is, and its own there. */
  readonly refusal:
    | {
        readonly of: string;
        readonly index: number;
        readonly term: number | undefined;
        readonly own: number | undefined;
      }
    | undefined;
  readonly text: string;
}

export interface ReportedFinding {
  readonly id: FindingId;
  readonly title: string;
  readonly severity: Severity;
  readonly confidence: number;
  readonly members: readonly string[];
  readonly from: string;
  readonly until: string;
  /** The same as parts of the whole span, from 0 to 1. */
  readonly parts: { readonly from: number; readonly until: number };
  readonly summary: string;
  readonly meaning: string;
  readonly action: string;
  readonly design: string;
  readonly evidence: readonly Evidence[];
}

/** Everything that the doctor says, as plain data. */
export interface Report {
  readonly findings: readonly ReportedFinding[];
  readonly members: readonly string[];
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly leaderships: readonly {
    readonly leader: string;
    readonly term: number | undefined;
    readonly from: string;
    readonly until: string | undefined;
  }[];
  readonly clocks: readonly {
    readonly member: string;
    readonly reference: string;
    readonly leastMs: number;
    readonly mostMs: number;
  }[];
  readonly sources: Case["sources"];
  readonly coarseMs: number | undefined;
  readonly lanes: readonly Lane[];
}

export function reportOf(about: Case, findings: readonly Finding[]): Report {
  const { sources, members, leaderships, offsets, hasDates, fromMs, untilMs, coarseMs } = about;
  const clock = (ms: number): string => clockText(ms, hasDates);
  const partOf = (ms: number): number => Math.min(1, Math.max(0, (ms - fromMs) / Math.max(1, untilMs - fromMs)));
  const evidence = (event: Event): Evidence => ({
    file: sources[event.source]?.name ?? "",
    line: event.line,
    at: clock(event.atMs),
    member: event.who,
    part: partOf(event.atMs),
    count: event.count,
    refusal: refusalOf(event),
    text: event.excerpt,
  });
  const isTimed = Number.isFinite(fromMs) && Number.isFinite(untilMs);
  return {
    findings: findings.map((finding) => ({
      id: finding.id,
      title: catalogue[finding.id].title,
      severity: finding.severity,
      confidence: finding.confidence,
      members: finding.members,
      from: clock(finding.span.fromMs),
      until: clock(finding.span.untilMs),
      parts: { from: partOf(finding.span.fromMs), until: partOf(finding.span.untilMs) },
      summary: finding.summary,
      meaning: catalogue[finding.id].meaning,
      action: catalogue[finding.id].action,
      design: catalogue[finding.id].design,
      evidence: finding.evidence.map(evidence),
    })),
    members,
    from: isTimed ? clock(fromMs) : undefined,
    until: isTimed ? clock(untilMs) : undefined,
    leaderships: leaderships.map(({ leader, term, fromMs: from, untilMs: until }) => ({
      leader,
      term,
      from: clock(from),
      until: until === undefined ? undefined : clock(until),
    })),
    clocks: offsets.map(({ member, reference, leastMs, mostMs }) => ({ member, reference, leastMs, mostMs })),
    sources,
    coarseMs,
    lanes: isTimed ? lanesOf(about) : [],
  };
}

function refusalOf({ kind, index, term, own, who, peerName }: Event): Evidence["refusal"] {
  return kind === "mismatch" && index !== undefined ? { of: peerName ?? who, index, term, own } : undefined;
}
