import type { Case } from "../case/case.ts";
import { chosen, countOf, durationText, grouped, listText, runsOf, spanOf, times, type Finding } from "./finding.ts";

const gapMs = 15_000;
const leastRequests = 3;
/** Less is what an election, or a process that stood still for a moment, makes as well. */
const leastMs = 3000;
const seriousMs = 5000;

/**
 * A member asks for votes, again and again, and whoever is asked hears a leader: so the member is heard, and does not hear. Its
 * requests would have ended otherwise, with the next heartbeat.
 */
export function findAsymmetricPartition({ events, leaderships }: Case): readonly Finding[] {
  const turnedDown = events.filter(({ kind, peerName }) => kind === "vote-ignored" && peerName !== undefined);
  return [...grouped(turnedDown, ({ peerName }) => peerName ?? "")].flatMap(([member, all]) =>
    runsOf(all, gapMs).flatMap((run): Finding[] => {
      const { fromMs, untilMs } = spanOf(run);
      const count = countOf(run);
      const hasLed = leaderships.some(({ leader, fromMs: at }) => leader === member && at >= fromMs && at <= untilMs);
      if (count < leastRequests || untilMs - fromMs < leastMs || hasLed) return [];
      const own = events.filter(
        ({ who, kind, role, atMs }) =>
          who === member &&
          kind === "role" &&
          role !== "leader" &&
          role !== "follower" &&
          atMs >= fromMs - 5000 &&
          atMs <= untilMs,
      );
      const heardBy = [...new Set(run.map(({ who }) => who))].sort();
      return [
        {
          id: "asymmetric-partition",
          severity: untilMs - fromMs >= seriousMs ? "serious" : "warning",
          confidence: own.length > 0 ? 0.9 : 0.75,
          members: [member],
          span: { fromMs, untilMs },
          summary: `${member} asked for votes at least ${times(count)} in ${durationText(untilMs - fromMs)}, and ${listText(heardBy)} heard it and a leader: it is heard, and does not hear.`,
          evidence: [...chosen(run, 6), ...own.slice(0, 2)],
        },
      ];
    }),
  );
}
