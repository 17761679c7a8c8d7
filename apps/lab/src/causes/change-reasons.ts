import { electionReasons } from "./election-reasons.ts";
import type { History } from "./history.ts";
import { numbersIn, type Explain, type Reason } from "./reason.ts";

/** A leader changes the configuration as it may not, or a member goes by another than the last in its log. */
const configuration: Explain = (history, { message }, end) => {
  const found = numbersIn<"by" | "in">(message, /goes by the configuration of entry (?<by>\d+);.* of entry (?<in>\d+)/);
  const append = history.order.takenAt(end).findLast(({ type }) => type === "append");
  const leader = append === undefined ? end : { member: append.from, event: append.sentIn };
  const election = history.electionBefore(leader.member, leader.event);
  return [
    ...(election === undefined ? [] : electionReasons(history, election, [])),
    ...configurationsOf(history, end.member, end.event).slice(found === undefined ? -3 : -2),
    ...(append === undefined
      ? []
      : [{ ...leader, text: `member ${append.from} sends member ${append.to}: ${append.text}`, weight: 600 }]),
  ];
};

/** Since when a member goes by which voters, but for the last moment. */
function configurationsOf(history: History, member: number, before: number): Reason[] {
  const reasons: Reason[] = [];
  let known = "";
  for (const { event, view } of history.tape.views[history.tape.members.indexOf(member)] ?? []) {
    if (event >= before) break;
    const joint = view.outgoing.length > 0 ? `${view.outgoing.join(" ")} and ${view.voters.join(" ")} together` : "";
    const voters = joint === "" ? view.voters.join(" ") : joint;
    if (view.isUp && voters !== known && known !== "" && event >= 0) {
      reasons.push({ member, event, text: `member ${member} goes by the voters ${voters}`, weight: 650 });
    }
    if (view.isUp) known = voters;
  }
  return reasons;
}

/** A leader takes commands while it hands over. */
const handover: Explain = (history, { message }, end) => {
  const found = numbersIn<"leader" | "to">(message, /leader (?<leader>\d+) took .* handed over to member (?<to>\d+)/);
  if (found === undefined) return [];
  const { leader, to } = found;
  const isHandingOver = (event: number): boolean => history.view({ member: leader, event }).transferringTo === to;
  const changes = history.tape.views[history.tape.members.indexOf(leader)] ?? [];
  const began = changes.findLast(({ event }) => event < end.event && isHandingOver(event) && !isHandingOver(event - 1));
  const election = history.electionBefore(leader, end.event);
  return [
    ...(election === undefined ? [] : electionReasons(history, election, [])),
    ...(began === undefined
      ? []
      : [
          {
            member: leader,
            event: began.event,
            text: `member ${leader} begins to hand over to member ${to}`,
            weight: 700,
          },
        ]),
  ];
};

/** A leader takes back how far a follower is. */
const matchIndex: Explain = (history, { message }, end) => {
  const found = numbersIn<"leader" | "follower" | "from" | "to">(
    message,
    /leader (?<leader>\d+) takes the match index of (?<follower>\d+) back from (?<from>\d+) to (?<to>\d+)/,
  );
  const election = found === undefined ? undefined : history.electionBefore(found.leader, end.event);
  if (found === undefined || election === undefined) return [];
  const { leader, follower, from, to } = found;
  const answers = history.tape.packets.filter(
    (packet) =>
      packet.type === "append-accepted" &&
      packet.from === follower &&
      packet.to === leader &&
      packet.sentIn >= election.event &&
      (packet.about?.match === from || packet.about?.match === to) &&
      packet.takenIn.some((event) => event <= end.event),
  );
  return [
    ...electionReasons(history, election, []).filter(({ weight }) => weight >= 800),
    ...answers.map(({ sentIn, about }) => ({
      member: follower,
      event: sentIn,
      text: `member ${follower} says that it has everything up to entry ${about?.match}`,
      weight: 600,
    })),
  ];
};

export const reasonsOfChanges = { configuration, handover, matchIndex };
