import type { Case } from "../case/case.ts";
import { chosen, grouped, runsOf, spanOf, times, type Finding } from "./finding.ts";
import type { Event } from "../case/event.ts";

const gapMs = 60_000;
/** A walk back by so many steps costs a round trip each, whatever the terms are. */
const longWalk = 5;

/**
 * MISSION row 22: two or more mismatches in a row for one follower, the probed index falling by any step and the follower's
 * term falling with it, mean a log that has been apart for terms. Where the terms do not fall or are not known, a long walk back
 * is reported with less confidence.
 */
export function findDivergence({ events }: Case): readonly Finding[] {
  const probes = events.filter(({ kind }) => kind === "mismatch" || kind === "diverged");
  return [...grouped(probes, followerOf)].flatMap(([follower, all]) =>
    runsOf(all, gapMs).flatMap((run) => judge(follower, oneSide(run)) ?? []),
  );
}

function followerOf(event: Event): string {
  return event.peerName ?? event.who;
}

/** Where the leader and the follower both tell of it, one of them is enough. */
function oneSide(run: readonly Event[]): readonly Event[] {
  const reporters = [...grouped(run, ({ who }) => who).values()];
  return reporters.sort((a, b) => b.length - a.length)[0] ?? run;
}

function judge(follower: string, run: readonly Event[]): Finding | undefined {
  const said = run.some(({ kind }) => kind === "diverged");
  const { mismatches, indexFalls, termFalls, first, last } = walk(run.filter(({ kind }) => kind === "mismatch"));
  const isSignature = mismatches >= 2 && indexFalls >= 1 && termFalls >= 1;
  if (!isSignature && !said && indexFalls < longWalk) return undefined;
  const back = first === undefined || last === undefined ? "" : `, from index ${first} back to ${last}`;
  const terms = termFalls > 0 ? ` and its term fell ${times(termFalls)}` : "";
  return {
    id: "extensive-divergence",
    severity: isSignature || said ? "serious" : "warning",
    confidence: isSignature && said ? 0.99 : isSignature ? 0.95 : said ? 0.8 : 0.7,
    members: [follower],
    span: spanOf(run),
    summary: `${follower} refused ${times(mismatches)} what should follow its log${back}${terms}.`,
    evidence: chosen(run),
  };
}

function walk(run: readonly Event[]): {
  readonly mismatches: number;
  readonly indexFalls: number;
  readonly termFalls: number;
  readonly first: number | undefined;
  readonly last: number | undefined;
} {
  let [mismatches, indexFalls, termFalls] = [0, 0, 0];
  let before: Event | undefined;
  for (const event of run) {
    mismatches += event.count;
    indexFalls += event.indexFalls;
    termFalls += event.ownFalls;
    if ((event.index ?? 0) < (before?.lastIndex ?? 0)) indexFalls++;
    if ((event.own ?? Number.POSITIVE_INFINITY) < (before?.lastOwn ?? 0)) termFalls++;
    before = event;
  }
  return { mismatches, indexFalls, termFalls, first: run[0]?.index, last: before?.lastIndex };
}
