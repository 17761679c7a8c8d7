import type { Case } from "../case/case.ts";
import type { Event } from "../case/event.ts";
import { chosen, durationText, listText, runsOf, spanOf, type Finding } from "./finding.ts";

/** Attempts that are further apart than this have nothing to do with each other. */
const gapMs = 10_000;
const leastFailed = 3;
const seriousFailed = 5;
const seriousMs = 10_000;

/** Several members stand for election, again and again, and nobody wins: split votes, or rivals that cut each other short. */
export function findContestedElections(about: Case): readonly Finding[] {
  return runsOf(failedAttempts(about), gapMs).flatMap((run) => {
    const candidates = [...new Set(run.map(candidateOf))].sort();
    const terms = new Set(run.map(({ term }, at) => term ?? -at)).size;
    if (candidates.length < 2 || terms < leastFailed) return [];
    const { fromMs, untilMs } = spanOf(run);
    // Each of them tried more than once: one member that comes and goes is another matter.
    const rivals = candidates.filter((name) => run.filter((event) => candidateOf(event) === name).length >= 2);
    if (rivals.length < 2) return [];
    return [
      {
        id: "contested-elections",
        severity: terms >= seriousFailed || untilMs - fromMs >= seriousMs ? "serious" : "warning",
        confidence: 0.9,
        members: candidates,
        span: { fromMs, untilMs },
        summary: `${listText(candidates)} stood in ${terms} elections within ${durationText(untilMs - fromMs)} that nobody won.`,
        evidence: chosen(run),
      },
    ];
  });
}

/** Candidacies whose term had no leader; where terms are not told, those that another one followed. */
function failedAttempts({ events, leaderships }: Case): readonly Event[] {
  const won = new Set(leaderships.flatMap(({ term }) => term ?? []));
  const attempts = events.filter(isAttempt);
  return attempts.filter((event, at) => {
    if (event.term !== undefined) return !won.has(event.term);
    const next = attempts[at + 1]?.atMs;
    if (next === undefined) return false;
    return !leaderships.some(({ fromMs }) => fromMs >= event.atMs && fromMs <= next);
  });
}

/** Somebody stands, by its own log or by that of whom it asked. */
function isAttempt({ kind, role, text }: Event): boolean {
  return (kind === "role" && role === "candidate") || (kind === "higher-term" && text === "MsgVote");
}

export function candidateOf(event: Event): string {
  return event.kind === "role" ? event.who : (event.peerName ?? event.who);
}
