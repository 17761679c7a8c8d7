import { electionReasons, names } from "./election-reasons.ts";
import type { TapePacket } from "../world/tape.ts";
import type { Point } from "./happened-before.ts";
import type { Arrival, Commit, History } from "./history.ts";
import { numbersIn, type Explain, type Reason } from "./reason.ts";

/** A leader lacks what was committed before its term. */
const lost: Explain = (history, { message }, end) => {
  const found = numbersIn<"leader" | "term" | "index">(
    message,
    /member (?<leader>\d+) leads in term (?<term>\d+) without entry (?<index>\d+)/,
  );
  const commit = found === undefined ? undefined : history.commitOf(found.index);
  if (found === undefined || commit === undefined) return [];
  const election = history.elections.find(({ member, term }) => member === found.leader && term === found.term);
  const holders = history.tape.members.filter(
    (member) =>
      history.termAt(member, found.index, end.event) === history.termAt(commit.member, found.index, commit.event),
  );
  return [
    ...commitReasons(history, commit, election?.votes.map(({ member }) => member) ?? []),
    ...(election === undefined ? [] : electionReasons(history, election, holders)),
  ];
};

/** A member takes another entry for committed than the cluster, or one that nobody has committed. */
const replaced: Explain = (history, { message }, end) => {
  const other = numbersIn<"member" | "index" | "term">(
    message,
    /member (?<member>\d+) (?:commits|applies) entry (?<index>\d+) of term (?<term>\d+)/,
  );
  const beyond = numbersIn<"member" | "index">(message, /member (?<member>\d+) takes (?<index>\d+) for committed/);
  const found = other ?? beyond;
  if (found === undefined) return [];
  const { member, index } = found;
  const commit = history.commitOf(index);
  const arrival = history.arrivalOf(member, index, end.event);
  const wrote = arrival === undefined ? undefined : writerOf(history, arrival, index);
  const told = toldCommit(history, end);
  const leaders = [wrote, told ?? end].flatMap((point) =>
    point === undefined ? [] : (history.electionBefore(point.member, point.event) ?? []),
  );
  // Who was elected after the commit, and brought the other entry or had it committed.
  const later = [...new Set(leaders)].filter(({ term }) => term > (commit?.term ?? 0));
  const first = commit === undefined ? undefined : history.termAt(commit.member, index, commit.event);
  const holders = history.tape.members.filter(
    (one) => first !== undefined && history.termAt(one, index, later.at(-1)?.event ?? end.event) === first,
  );
  return [
    ...(commit === undefined || commit.event >= end.event ? [] : commitReasons(history, commit, holders)),
    ...later.flatMap((election) => electionReasons(history, election, holders)),
    ...(wrote === undefined ? [] : [wrote]),
    ...(arrival === undefined ? [] : arrivalReasons(history, arrival, index)),
    ...(told === undefined ? [] : [told]),
  ];
};

/** A leader takes for committed what too few disks hold, or somebody cuts off what is committed. */
const fewDisks: Explain = (history, { message }, end) => {
  const early = numbersIn<"leader" | "index">(message, /leader (?<leader>\d+) commits entry (?<index>\d+)/);
  if (early !== undefined) {
    const { term } = history.view(end);
    return commitReasons(history, { ...end, term, index: early.index }, history.tape.members);
  }
  const cut =
    numbersIn<"index">(message, /cuts entry (?<index>\d+)/) ??
    numbersIn<"index">(message, /a committed entry is never truncated .*"index":(?<index>\d+)/);
  if (cut === undefined) return [];
  const commit = history.commitOf(cut.index);
  const append = history.order.takenAt(end).findLast(({ type }) => type === "append");
  const election = append === undefined ? undefined : history.electionBefore(append.from, append.sentIn);
  return [
    ...(commit === undefined ? [] : commitReasons(history, commit, [end.member])),
    ...(election === undefined || election.term === commit?.term
      ? []
      : electionReasons(history, election, [end.member])),
    ...(append === undefined
      ? []
      : [
          {
            member: append.from,
            event: append.sentIn,
            text: `member ${append.from} sends member ${append.to}: ${append.text}`,
            weight: 600,
          },
        ]),
  ];
};

/** A leader counts replicas for an entry of an older term. */
const olderTerm: Explain = (history, { message }, end) => {
  const found = numbersIn<"term" | "index" | "older">(
    message,
    /leader of term (?<term>\d+) \(member \d+\) commits up to entry (?<index>\d+) of term (?<older>\d+)/,
  );
  if (found === undefined) return [];
  const election = history.electionBefore(end.member, end.event);
  const arrival = history.arrivalOf(end.member, found.index, end.event);
  const wrote = arrival === undefined ? undefined : writerOf(history, arrival, found.index);
  return [
    ...(wrote === undefined ? [] : [wrote]),
    ...(arrival === undefined ? [] : arrivalReasons(history, arrival, found.index)),
    ...(election === undefined ? [] : electionReasons(history, election, [])),
    ...commitReasons(history, { ...end, term: found.term, index: found.index }, history.tape.members),
  ];
};

export const reasonsOfCommits = { lost, replaced, fewDisks, olderTerm };

/** How a leader came to hold an entry for committed: who said that it has it. `mattering` are those whose word counts most here. */
export function commitReasons(history: History, commit: Commit, mattering: readonly number[]): Reason[] {
  const { member, event, term, index } = commit;
  const acknowledgments = history.acknowledgments(commit);
  const by = acknowledgments.map(({ from }) => from);
  const said = by.length === 0 ? "on its own word alone" : `as ${names(by)} ${by.length === 1 ? "has" : "have"} it too`;
  return [
    ...acknowledgments.map(({ from, sentIn, about }) => ({
      member: from,
      event: sentIn,
      text: `member ${from} says that it has everything up to entry ${about?.match ?? index}`,
      weight: mattering.includes(from) ? 500 : 200,
    })),
    {
      member,
      event,
      text: `member ${member}, leader of term ${term}, commits up to entry ${index}, ${said}`,
      weight: 850,
    },
  ];
}

/** Who wrote an entry that a member has: the leader that sent it, and that one's own sender, up to the leader of its term. */
export function writerOf(history: History, arrival: Arrival, index: number): Reason | undefined {
  const term = history.termAt(arrival.member, index, arrival.event);
  for (const member of history.tape.members) {
    const since = history.tape.views[history.tape.members.indexOf(member)]?.find(
      ({ event, view }) =>
        event >= 0 &&
        event <= arrival.event &&
        view.role === "leader" &&
        view.term === term &&
        view.terms[index - view.base - 1] === term,
    );
    if (since !== undefined) {
      return {
        member,
        event: since.event,
        text: `member ${member}, leader of term ${term}, writes entry ${index}`,
        weight: 450,
      };
    }
  }
  return undefined;
}

export function arrivalReasons(history: History, { member, event, append }: Arrival, index: number): Reason[] {
  const term = history.termAt(member, index, event);
  if (append === undefined) return [];
  const instead = history.termAt(member, index, event - 1);
  const place = instead === undefined ? "" : `, in place of one of term ${instead}`;
  return [
    {
      member: append.from,
      event: append.sentIn,
      text: `member ${append.from} sends it to member ${member}`,
      weight: 350,
    },
    { member, event, text: `member ${member} takes entry ${index} of term ${term}${place}`, weight: 750 },
  ];
}

/** The message that told a member how far all is committed; undefined for a leader, who tells itself. */
function toldCommit(history: History, end: Point): Reason | undefined {
  const view = history.view(end);
  if (view.role === "leader") return undefined;
  const tells = ({ about }: TapePacket): boolean => (about?.commit ?? -1) >= view.commit;
  const takenAt = (event: number): readonly TapePacket[] => history.order.takenAt({ member: end.member, event });
  const heard = history.order.lastUpTo(end.member, end.event, (event) => takenAt(event).some(tells));
  const packet = heard === undefined ? undefined : takenAt(heard).findLast(tells);
  if (packet === undefined) return undefined;
  const { from, to, about, sentIn } = packet;
  const text = `member ${from} tells member ${to} that all up to entry ${about?.commit} is committed`;
  return { member: from, event: sentIn, text, weight: 550 };
}
