import { realRules, type LogPosition, type Rules } from "@quorate/raft";
import type { Decision } from "./tape.ts";

/**
 * The same rules, with each answer told of. This is where the reason for everything comes from: the core asks its rules and
 * nothing else where safety is decided.
 */
export function watchedRules(member: number, rules: Rules, tell: (decision: Decision) => void): Rules {
  let compared: Decision["compared"];
  const tellWithLogs = (decision: Decision): void => {
    const { rule, asked } = decision;
    // A vote is told only whether the logs were good enough: what was compared for it was asked just before.
    if (compared !== undefined && ballots.has(rule)) tell({ ...decision, compared });
    else tell(decision);
    compared = rule === "isUpToDate" ? (asked as readonly [LogPosition, LogPosition]) : undefined;
  };
  const watched = Object.entries(rules).map(([rule, ask]: [string, (...asked: never[]) => unknown]) => {
    const shipped = realRules[rule as keyof Rules] as typeof ask;
    const isQuiet = quietRules.has(rule);
    if (ask === shipped && isQuiet) return [rule, ask];
    const watch = (...asked: never[]): unknown => {
      const answer = ask(...asked);
      // A rule is a pure function of what it is asked: asking the one that ships as well changes nothing.
      const instead = ask === shipped ? answer : shipped(...asked);
      if (instead !== answer) tellWithLogs({ member, rule, asked: asked.map(plain), answer, instead, isBroken: true });
      else if (!isQuiet) tellWithLogs({ member, rule, asked: asked.map(plain), answer });
      return answer;
    };
    return [rule, watch];
  });
  return Object.fromEntries(watched);
}

/** Rules that decide on a vote, for which logs were compared. */
const ballots = new Set(["mayGrantPreVote", "mayGrantVote"]);

/** Rules that are asked with each message, and say the usual, would drown the others; what a broken one says otherwise is told. */
const quietRules = new Set(["mayPromise", "leaderMatch", "mergeMatch", "acknowledged", "staysInForce", "needsJoint"]);

/** What a rule was asked, as it was then: what can be called is left out, and of what is long its length is enough. */
function plain(value: unknown): unknown {
  if (typeof value === "function") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return typeof value[0] === "object" ? { length: value.length } : [...value];
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)]));
}
