import { exactly, unnoticed } from "./bounds.ts";
import type { DirectedExpectation, DirectedOutcome } from "./directed.ts";
import type { MemberExpectation } from "./member-scenario.ts";
import type { Bounds, Outcome } from "./scenario.ts";

/** What is to come of a scenario, in words: for documents, commands and the lab. */
export function describeExpectation(expected: DirectedExpectation & MemberExpectation): string {
  const { leaderChanges, termGrowth, rejections, staleReads, rivalLeaders, longestOutage } = expected;
  const parts: string[] = [];
  if (expected.violation !== undefined) parts.push(`${oneOf([expected.violation].flat())} falls`);
  if (leaderChanges !== undefined) parts.push(counted(leaderChanges, "election won", "elections won"));
  if (termGrowth !== undefined) parts.push(counted(termGrowth, "new term", "new terms"));
  if (expected.finalLeader !== undefined) parts.push(leads(expected.finalLeader));
  if (longestOutage !== undefined && longestOutage.most > 0) {
    parts.push(`nothing is committed for ${amount(longestOutage)} election timeouts`);
  }
  if (rivalLeaders !== undefined && rivalLeaders.most > 0) {
    parts.push(`two call themselves leader for ${amount(rivalLeaders)} election timeouts`);
  }
  parts.push(...waits(expected.longestWrite, "a command"), ...waits(expected.longestRead, "a read"));
  const { stoppedByDisk, quarantined, healed } = expected;
  if (stoppedByDisk !== undefined) parts.push(counted(stoppedByDisk, "stop for a disk error", "stops for disk errors"));
  if (quarantined !== undefined) parts.push(counted(quarantined, "member quarantined", "members quarantined"));
  if (healed !== undefined) parts.push(counted(healed, "of them healed", "of them healed"));
  if (rejections !== undefined) parts.push(counted(rejections, "append refused", "appends refused"));
  if (staleReads !== undefined) parts.push(counted(staleReads, "stale read", "stale reads"));
  if (expected.serves !== undefined) parts.push(expected.serves ? "serves" : "does not serve");
  return parts.length === 0 ? "nothing falls" : parts.join(", ");
}

/** What came of a scenario, in the same words. */
export function describeOutcome(outcome: Outcome & Partial<Pick<DirectedOutcome, "rejections">>): string {
  const { leaderChanges, termGrowth, longestOutage, rivalLeaders, rejections, staleReads, serves } = outcome;
  const told = describeExpectation({
    leaderChanges: exactly(leaderChanges),
    termGrowth: exactly(termGrowth),
    finalLeader: outcome.finalLeader === undefined ? [] : [outcome.finalLeader],
    longestOutage: exactly(longestOutage),
    rivalLeaders: exactly(rivalLeaders),
    ...(rejections === undefined ? {} : { rejections: exactly(rejections) }),
    staleReads: exactly(staleReads),
    serves,
  });
  return outcome.violation === undefined ? told : `${outcome.violation}; until then ${told}`;
}

function waits(longest: MemberExpectation["longestWrite"], what: string): string[] {
  return Object.entries(longest ?? {})
    .filter(([, { most }]) => most > unnoticed.most)
    .map(([role, bounds]) => `a client of ${role} waits ${amount(bounds)} election timeouts for ${what} at worst`);
}

function leads(roles: readonly string[]): string {
  if (roles.length === 0) return "nobody leads";
  return `${oneOf(roles)} leads in the end`;
}

function oneOf(names: readonly string[]): string {
  const last = names.at(-1) as string;
  return names.length === 1 ? last : `${names.slice(0, -1).join(", ")} or ${last}`;
}

function counted(bounds: Bounds, singular: string, plural: string): string {
  if (bounds.most === 0) return `no ${singular}`;
  return `${amount(bounds)} ${bounds.least === 1 && bounds.most === 1 ? singular : plural}`;
}

function amount({ least, most }: Bounds): string {
  if (least === most) return String(least);
  if (most === Number.POSITIVE_INFINITY) return `${least} or more`;
  return least === 0 ? `up to ${most}` : `${least} to ${most}`;
}
