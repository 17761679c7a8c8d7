import type { Decision, MemberView } from "../world/tape.ts";

/** Virtual time for people. */
export function timeText(micros: number): string {
  return `${(micros / 1_000_000).toFixed(3)} s`;
}

/** What a member is at a moment, in a word. */
export function conditionOf(view: MemberView): string {
  if (!view.isUp) return view.isForgotten ? "wiped" : "down";
  if (view.isPaused) return "paused";
  if (view.isQuarantined) return "without a voice";
  if (!isVoter(view) && view.role === "follower") return view.learners.includes(view.id) ? "learner" : "outside";
  return view.role;
}

export function isVoter({ id, voters, outgoing }: MemberView): boolean {
  return voters.includes(id) || outgoing.includes(id);
}

/** The voters that a member goes by. */
export function votersText({ voters, outgoing, learners }: MemberView): string {
  const joint = outgoing.length > 0 ? ` and ${outgoing.join(" ")}` : "";
  const learning = learners.length > 0 ? `, learners ${learners.join(" ")}` : "";
  return `${voters.join(" ")}${joint}${learning}`;
}

/** Why something was done or not: what the core asked one of its rules, and what it said. */
export function decisionText(decision: Decision): string {
  const { rule, asked, answer } = decision;
  const [first] = asked;
  const given = typeof first === "object" && first !== null ? (first as Readonly<Record<string, unknown>>) : {};
  const contact = (given["contact"] ?? given) as Readonly<Record<string, unknown>>;
  const yes = answer === true;
  switch (rule) {
    case "mayHearVote":
      if (yes) return contact["transfer"] === true ? "hears the request: the leader asked for it" : "hears the request";
      return `does not hear the request: ${whyDeaf(contact)}`;
    case "mayGrantPreVote":
      if (yes) return "would vote for it: no leader was heard lately, the term is new, and its log is good enough";
      if (contact["heardLeader"] === true) return "would not vote: a leader was heard within T";
      if (contact["restartedLately"] === true) return "would not vote: it started within T";
      if (given["upToDate"] === false) return `would not vote: ${behindText(decision.compared)}`;
      return `would not vote: it has been in term ${String(given["ourTerm"])} already`;
    case "mayGrantVote":
      if (yes) return "votes for it";
      if (given["upToDate"] === false) return `refuses its vote: ${behindText(decision.compared)}`;
      if (given["vote"] === 0) return `refuses its vote: member ${String(given["knownLeader"])} leads this term`;
      return `refuses its vote: it has voted for ${String(given["vote"])} in this term`;
    case "isUpToDate":
      return yes ? aheadText(asked as Compared) : behindText(asked as Compared);
    case "previousMatches":
      return yes ? "the entry before these is the same in both logs" : "the entry before these is not in its log";
    case "firstConflict":
      return typeof answer === "number" ? `its log is cut at entry ${answer}` : "nothing in its log contradicts these";
    case "mayCommit":
      return yes
        ? "a majority stores an entry of the leader's own term: it is committed"
        : "nothing new is committed yet, or only entries of older terms are stored by a majority";
    case "mayStandForElection":
      return yes ? "a quorum would vote for it: it stands" : "no quorum has said that it would vote: it does not stand";
    case "mayServeRead":
      return yes ? "the read may be answered: a quorum still follows" : "the read waits: no quorum has confirmed yet";
    case "mayServeLeaseRead":
      return leaseText(given, yes);
    case "mayTransfer":
      return yes ? "the target has everything: it is told to stand" : "the target lacks entries still";
    case "mayPromote":
      return yes ? "the learner has caught up: it becomes a voter" : "the learner has not caught up yet";
    case "mayChangeConfiguration":
      return yes ? "the change of members may begin" : "the change of members may not begin now";
    case "mayLeaveJoint":
      return yes ? "the joint configuration is left" : "the joint configuration cannot be left yet";
    default:
      return furtherText(rule, asked, answer);
  }
}

type Compared = NonNullable<Decision["compared"]>;

/** Why a log is not good enough for a vote (§5.4.1): the term of its last entry counts first, and its length after that. */
function behindText(compared: Compared | undefined): string {
  if (compared === undefined) return "the candidate's log is not as far as its own";
  const [candidate, ours] = compared;
  const both = `the candidate's log ends with ${lastText(candidate)}, its own with ${lastText(ours)}`;
  if (candidate.term === ours.term) return `${both}: the same term, and fewer entries`;
  return candidate.index > ours.index
    ? `${both}: longer, but the term of the last entry counts first, and is older`
    : `${both}: the term of the last entry is older`;
}

function aheadText([candidate, ours]: Compared): string {
  return `the candidate's log is as far as its own, or further: it ends with ${lastText(candidate)}, its own with ${lastText(ours)}`;
}

function lastText({ index, term }: Compared[0]): string {
  return index === 0 ? "nothing" : `entry ${index} of term ${term}`;
}

/** What a lease read was told: the leader's own clock decides. */
function leaseText(given: Readonly<Record<string, unknown>>, yes: boolean): string {
  const leftMs = Number(given["leaseUntil"]) - Number(given["now"]);
  if (yes) {
    return leftMs === Number.POSITIVE_INFINITY
      ? "answers by its lease: nobody else votes"
      : `answers by its lease, which holds for ${leftMs.toFixed(0)} ms more on its clock`;
  }
  if (given["committedInOwnTerm"] === false)
    return "may not answer by a lease: nothing of its own term is committed yet";
  if (given["leasesEnded"] === true)
    return "may not answer by a lease: it asked another to take over, who waits for nothing";
  if (leftMs === Number.NEGATIVE_INFINITY) return "has no lease: no quorum has answered a round of its own yet";
  return `has no lease any more: it ended ${(-leftMs).toFixed(0)} ms ago on its clock; asks a quorum`;
}

/** Of rules that are asked for a number, or seldom. */
function furtherText(rule: string, asked: readonly unknown[], answer: unknown): string {
  const yes = answer === true;
  const number = typeof answer === "number" ? String(Math.round(answer)) : "no end";
  switch (rule) {
    case "electionOutcome":
      if (answer === "won") return "a quorum has said yes";
      return answer === "lost" ? "a quorum can say yes no more" : "no quorum has said yes yet";
    case "decided":
      return `a quorum has come as far as ${number}`;
    case "followerCommit":
      return `takes everything up to entry ${number} for committed`;
    case "leadsUntil":
      return Number.isFinite(answer)
        ? "may lead for T more without a quorum's answer"
        : "may lead for ever without a quorum";
    case "leaseUntil":
    case "leaseHeldUntil":
      return `the promises of its voters end at ${number} ms of its clock`;
    case "leaderMatch":
      return `counts its own log up to entry ${number}`;
    case "acknowledged":
      return `acknowledges everything up to entry ${number}`;
    case "mergeMatch":
      return `takes the follower to hold everything up to entry ${number}`;
    case "mayPromise":
      return yes ? "its answer may leave" : "its answer waits for the disk";
    case "mayTakeState":
      return yes ? "the state is taken" : "the state is no newer than its own: it is not taken";
    case "keepsSuffix":
      return yes ? "its log goes on behind the state" : "its log begins anew behind the state";
    case "needsJoint":
      return yes ? "the way there leads through a joint configuration" : "no joint configuration is needed";
    case "mayAbandonChange":
      return yes ? "the change may be given up" : "the change may not be given up now";
    case "staysInForce":
      return yes
        ? "the configuration stays in force"
        : "its log does not reach to that configuration: the one before is in force";
    case "mayTakeCommand":
      return yes ? "takes the command" : "takes no command while it hands over";
    default:
      return `${rule} (${asked.map((one) => JSON.stringify(one)).join(", ")}): ${JSON.stringify(answer)}`;
  }
}

/** What a broken rule says, beside what the one that ships says to the same. */
export function brokenText(decision: Decision): string {
  const shipped = decisionText({ ...decision, answer: decision.instead });
  return `the broken rule ${decision.rule} says: ${decisionText(decision)}; the one that ships: ${shipped}`;
}

function whyDeaf(contact: Readonly<Record<string, unknown>>): string {
  if (contact["heardLeader"] === true) return "a leader was heard within T";
  return contact["restartedLately"] === true ? "it started within T, and cannot know whom it heard" : "it may not";
}
