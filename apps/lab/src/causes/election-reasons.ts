import type { Point } from "./happened-before.ts";
import type { Election, History, Vote } from "./history.ts";
import { numbersIn, type Explain, type Reason } from "./reason.ts";

const twoLeaders: Explain = (history, { message }, end) => {
  const found = numbersIn<"term">(message, /both lead in term (?<term>\d+)/);
  const second = history.electionBefore(end.member, end.event);
  const first = history.elections.find(
    ({ term, member, incarnation }) =>
      term === found?.term && (member !== second?.member || incarnation !== second.incarnation),
  );
  if (first === undefined || second === undefined) return [];
  const voters = (election: Election): readonly number[] => [
    ...election.votes.map(({ member }) => member),
    election.member,
  ];
  const shared = voters(first).filter((voter) => voters(second).includes(voter));
  return [
    ...electionReasons(history, first, shared),
    ...electionReasons(history, second, shared),
    ...configurationReasons(history, first, second),
  ];
};

const twoVotes: Explain = (history, { message }, end) => {
  const found = numbersIn<"voter" | "term">(
    message,
    /member (?<voter>\d+) (?:voted|takes its vote) .*in term (?<term>\d+)/,
  );
  if (found === undefined) return [];
  const { voter, term } = found;
  const votes: Reason[] = [];
  for (let event = 0; event <= end.event; event++) {
    for (const { rule, answer, asked } of history.decisions({ member: voter, event })) {
      if (rule !== "mayGrantVote" || answer !== true) continue;
      const { candidate } = asked[0] as { candidate: number };
      if (history.view({ member: voter, event }).term !== term) continue;
      votes.push({
        member: voter,
        event,
        text: `member ${voter} votes for member ${candidate} in term ${term}`,
        weight: 700,
      });
      votes.push(...standing(history, candidate, term, event));
    }
  }
  const stood = history.order.lastUpTo(voter, end.event, (event) =>
    isStanding(history, { member: voter, event }, term),
  );
  if (stood !== undefined) {
    votes.push({
      member: voter,
      event: stood,
      text: `member ${voter} stands in term ${term}, and votes for itself`,
      weight: 600,
    });
  }
  return votes;
};

const unsupported: Explain = (history, { message }, end) => {
  const found = numbersIn<"candidate" | "term">(
    message,
    /member (?<candidate>\d+) stands for election in term (?<term>\d+)/,
  );
  if (found === undefined) return [];
  const { candidate: member, term } = found;
  const reasons: Reason[] = [];
  for (const packet of history.tape.packets) {
    if (packet.sentIn > end.event) break;
    const { type, from, to, sentIn, takenIn, about, text } = packet;
    const isAsked = type === "pre-vote-request" && from === member && text.includes(`for t${term} `);
    const isAnswer = type === "pre-vote-response" && to === member && text.includes(`for t${term} `);
    if (isAsked) {
      reasons.push({
        member,
        event: sentIn,
        text: `member ${member} asks who would vote for it in term ${term}`,
        weight: 500,
      });
    }
    if (isAnswer && takenIn.some((event) => event <= end.event)) {
      const said = about?.granted === true ? "would vote for it" : "would not vote for it";
      reasons.push({ member: from, event: sentIn, text: `member ${from} says that it ${said}`, weight: 400 });
    }
  }
  return reasons;
};

export const reasonsOfElections = { twoLeaders, twoVotes, unsupported };

/** How somebody became a leader: where it stood, the votes that matter, and where it had enough of them. */
export function electionReasons(history: History, election: Election, mattering: readonly number[]): Reason[] {
  const { member, event, term, votes, stood } = election;
  const counted = votes.map((vote) => vote.member);
  const by = counted.length === 0 ? "by its own vote alone" : `with the votes of ${names([member, ...counted])}`;
  return [
    { ...stood, text: standsText(history, stood, term), weight: 300 },
    ...votes.map((vote) => voteReason(history, vote, mattering.includes(vote.member) ? 700 : 100)),
    { member, event, text: `member ${member} leads in term ${term}, ${by}`, weight: 800 },
  ];
}

function voteReason(history: History, vote: Vote, weight: number): Reason {
  const { member, event, candidate, term } = vote;
  return {
    member,
    event,
    text: `member ${member} votes for member ${candidate} in term ${term}${lastOf(history, vote)}`,
    weight,
  };
}

function lastOf(history: History, point: Point): string {
  const { base, terms, term } = history.view(point);
  const last = base + terms.length;
  return last === 0 ? "" : `; its own log goes to entry ${last} of term ${terms.at(-1) ?? term}`;
}

function standsText(history: History, point: Point, term: number): string {
  const { base, terms } = history.view(point);
  const last = base + terms.length;
  const log =
    last === 0 ? "an empty log" : `a log up to entry ${last}${terms.length > 0 ? ` of term ${terms.at(-1)}` : ""}`;
  return `member ${point.member} stands for election in term ${term} with ${log}`;
}

function standing(history: History, candidate: number, term: number, before: number): Reason[] {
  const event = history.order.lastUpTo(candidate, before, (at) =>
    isStanding(history, { member: candidate, event: at }, term),
  );
  if (event === undefined) return [];
  const point = { member: candidate, event };
  return [{ ...point, text: standsText(history, point, term), weight: 300 }];
}

function isStanding(history: History, { member, event }: Point, term: number): boolean {
  const view = history.view({ member, event });
  return view.role === "candidate" && view.term === term && history.view({ member, event: event - 1 }).term !== term;
}

/** Where two leaders count by different voters: since when they do. */
function configurationReasons(history: History, first: Election, second: Election): Reason[] {
  const text = ({
    voters,
    outgoing,
  }: {
    readonly voters: readonly number[];
    readonly outgoing: readonly number[];
  }): string => `${voters.join(" ")}${outgoing.length > 0 ? ` and ${outgoing.join(" ")}` : ""}`;
  const [one, other] = [text(history.view(first)), text(history.view(second))];
  if (one === other) return [];
  return [first, second].flatMap((election) => {
    const own = text(history.view(election));
    const differs = history.order.lastUpTo(
      election.member,
      election.event,
      (event) => text(history.view({ member: election.member, event })) !== own,
    );
    const since = history.tape.views[history.tape.members.indexOf(election.member)]?.find(
      ({ event }) => event > (differs ?? -1) && event >= 0,
    )?.event;
    if (since === undefined) return [];
    return [
      {
        member: election.member,
        event: since,
        text: `member ${election.member} goes by the voters ${own}`,
        weight: 650,
      },
    ];
  });
}

export function names(members: readonly number[]): string {
  return members.toSorted((one, other) => one - other).join(", ");
}
