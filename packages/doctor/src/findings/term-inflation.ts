import type { Case } from "../case/case.ts";
import type { Event } from "../case/event.ts";
import { chosen, grouped, spanOf, type Finding } from "./finding.ts";

/** Terms above those of everybody else that no ordinary election explains. */
const leastJump = 3;
/** How long after it the leader must have stepped down for that to be its doing. */
const effectMs = 2000;

/** A member that was alone raised its term in elections nobody heard, and brings it back: without Pre-Vote that deposes a leader. */
export function findTermInflation(about: Case): readonly Finding[] {
  const jumps = about.events.filter(
    ({ kind, own, term, peerName, text }) =>
      kind === "higher-term" &&
      peerName !== undefined &&
      own !== undefined &&
      term !== undefined &&
      term - own >= leastJump &&
      // A leader's own messages are how everybody else catches up.
      !["MsgApp", "MsgHeartbeat", "MsgSnap"].includes(text ?? "") &&
      !about.leaderships.some((leadership) => leadership.term === term && leadership.leader === peerName),
  );
  const byMember = grouped(jumps, ({ peerName }) => peerName ?? "");
  const alone = grouped(about.events.filter(isLoneAttempt(about)), ({ who }) => who);
  const suspects = new Set([
    ...byMember.keys(),
    ...[...alone].flatMap(([who, tries]) => (tries.length >= leastJump ? [who] : [])),
  ]);
  return [...suspects].map((member) => {
    const brought = byMember.get(member) ?? [];
    const tries = alone.get(member) ?? [];
    const deposed = brought.find((jump) => hasDeposed(about, jump));
    const [from, to] = [
      Math.min(...brought.map(({ own = 0 }) => own)),
      Math.max(...brought.map(({ term = 0 }) => term)),
    ];
    const climbed = tries.length >= leastJump;
    const evidence = [...chosen(tries, 4), ...chosen(brought, 4)];
    return {
      id: "term-inflation",
      severity: deposed === undefined ? "warning" : "serious",
      confidence: brought.length > 0 && climbed ? 0.95 : brought.length > 0 ? 0.8 : 0.6,
      members: [member],
      span: spanOf(evidence),
      summary:
        brought.length === 0
          ? `${member} raised its term to ${Math.max(...tries.map(({ term = 0 }) => term))} in ${tries.length} elections that it could not win, while others had a leader.`
          : `${member} came with term ${to} where the others were in ${from}${deposed === undefined ? "" : `, and ${deposed.who} stopped leading`}.`,
      evidence,
    };
  });
}

/** It stood in a term that had no leader, while somebody else led. */
function isLoneAttempt({ leaderships, untilMs }: Case): (event: Event) => boolean {
  const won = new Set(leaderships.flatMap(({ term }) => term ?? []));
  return ({ kind, role, term, atMs, who }) =>
    kind === "role" &&
    role === "candidate" &&
    term !== undefined &&
    !won.has(term) &&
    leaderships.some(
      (leadership) =>
        leadership.leader !== who && leadership.fromMs < atMs && (leadership.untilMs ?? untilMs) > atMs + effectMs / 4,
    );
}

function hasDeposed({ leaderships }: Case, { who, atMs }: Event): boolean {
  return leaderships.some(
    ({ leader, fromMs, untilMs }) =>
      leader === who && fromMs <= atMs && untilMs !== undefined && untilMs >= atMs - 1 && untilMs - atMs <= effectMs,
  );
}
