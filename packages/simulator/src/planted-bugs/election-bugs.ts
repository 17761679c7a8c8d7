import { majority } from "@quorate/raft";
import type { ElectionOutcome, MemberId } from "@quorate/raft";
import { aroundCore } from "./around.ts";
import { without, withFive, withPartitions, withSlowVotes } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** Who is elected, and by whom. */
export const electionBugs: readonly PlantedBug[] = [
  {
    name: "votes are given without a look at the log",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: () => true }),
    caughtBy: ["leader completeness", "invariant"],
    seeds: 100,
  },
  {
    name: "a log is up to date when its last term is",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: (candidate, ours) => candidate.term >= ours.term }),
    caughtBy: ["leader completeness", "invariant"],
    seeds: 300,
  },
  {
    name: "a log is up to date when it is as long",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: (candidate, ours) => candidate.index >= ours.index }),
    adjust: withPartitions,
    caughtBy: ["leader completeness", "invariant"],
    seeds: 1000,
  },
  {
    name: "every candidate of a term gets a vote",
    breaks: "mayGrantVote",
    rules: without({ mayGrantVote: ({ upToDate }) => upToDate }),
    caughtBy: ["vote never taken back", "one vote a term", "election safety", "invariant"],
    seeds: 100,
  },
  {
    name: "one vote less than a majority elects",
    breaks: "electionOutcome",
    rules: without({
      electionOutcome: ({ voters }, voteOf): ElectionOutcome =>
        voters.filter((id) => voteOf(id) === true).length >= majority(voters.length) - 1 ? "won" : "pending",
    }),
    caughtBy: ["supported elections", "election safety", "leader completeness", "invariant"],
    seeds: 100,
  },
  {
    name: "a refused vote counts as a vote",
    breaks: "electionOutcome",
    rules: without({
      electionOutcome: ({ voters }, voteOf): ElectionOutcome =>
        voters.filter((id) => voteOf(id) !== undefined).length >= majority(voters.length) ? "won" : "pending",
    }),
    caughtBy: ["supported elections", "election safety", "leader completeness", "invariant"],
    seeds: 100,
  },
  {
    name: "a candidate's own vote elects it",
    breaks: "electionOutcome",
    rules: without({ electionOutcome: (): ElectionOutcome => "won" }),
    caughtBy: ["supported elections", "election safety", "leader completeness", "invariant"],
    seeds: 100,
  },
  {
    name: "only a log that is longer than one's own is up to date",
    breaks: "isUpToDate",
    rules: without({ isUpToDate: (candidate, ours) => candidate.term > ours.term || candidate.index > ours.index }),
    stalls: true,
    caughtBy: ["liveness", "leader completeness"],
    seeds: 5,
  },
  {
    name: "no pre-vote is ever granted",
    breaks: "mayGrantPreVote",
    rules: without({ mayGrantPreVote: () => false }),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 5,
  },
  {
    name: "no vote request is ever heard",
    breaks: "mayHearVote",
    rules: without({ mayHearVote: () => false }),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 5,
  },
  {
    name: "a pre-vote counts as a vote",
    breaks: "messages",
    distort: (message, { term, role }) =>
      message.type === "pre-vote-response" && message.granted && role === "candidate"
        ? { type: "vote-response", term, granted: true }
        : message,
    adjust: withSlowVotes,
    caughtBy: [
      "election safety",
      "promise durability",
      "own vote durability",
      "supported elections",
      "leader completeness",
      "invariant",
    ],
    seeds: 300,
  },
  {
    name: "messages of a later term are ignored",
    breaks: "messages",
    distort: (message, { term }) => (message.term > term ? undefined : message),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "whoever hears no leader stands for election at once",
    breaks: "mayStandForElection",
    rules: without({ mayStandForElection: () => true }),
    caughtBy: ["supported elections"],
    seeds: 20,
  },
  {
    name: "a candidate needs no pre-votes: every refusal is taken for one",
    breaks: "messages",
    distort: (message) => (message.type === "pre-vote-response" ? { ...message, granted: true } : message),
    stalls: true,
    caughtBy: ["supported elections", "stability", "liveness"],
    seeds: 300,
  },
  {
    name: "a vote that comes twice counts twice",
    breaks: "messages",
    createCore: aroundCore((core, { id, configuration }) => {
      const starts = new Map<MemberId, number>();
      const voted = new Set<MemberId>();
      let votedIn = 0;
      return {
        receive: (now, from, incarnation, message) => {
          starts.set(from, Math.max(incarnation, starts.get(from) ?? 0));
          if (message.type !== "vote-response" || !message.granted)
            return core.receive(now, from, incarnation, message);
          if (message.term !== votedIn) voted.clear();
          votedIn = message.term;
          const another = configuration.members.find((member) => member.id !== id && !voted.has(member.id));
          const voter = voted.has(from) ? (another?.id ?? from) : from;
          voted.add(voter);
          core.receive(now, voter, starts.get(voter) ?? 0, message);
        },
      };
    }),
    adjust: (swarm) => {
      const slow = withSlowVotes(withFive(swarm));
      return { ...slow, link: { ...slow.link, duplicateProbability: 0.9 } };
    },
    caughtBy: ["election safety", "log matching", "leader completeness", "invariant"],
    seeds: 300,
  },
];
