import { createRaft, realRules } from "@quorate/raft";
import type { Configuration, Rules, VoterSets } from "@quorate/raft";
import type { CoreFactory } from "../core/core-member-options.ts";
import { withChanges, without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** While a configuration is joint, the old voters are not asked. */
export const newVotersAlone = withSets(({ voters }) => ({ voters, outgoing: [] }));

/** Who decides while it changes who decides. */
export const membershipBugs: readonly PlantedBug[] = [
  {
    name: "several voters change in one phase",
    breaks: "needsJoint",
    rules: without({ needsJoint: () => false }),
    adjust: withChanges,
    caughtBy: ["configuration safety"],
    seeds: 20,
  },
  {
    name: "a change begins before the leader has committed in its own term",
    breaks: "mayChangeConfiguration",
    rules: without({
      mayChangeConfiguration: (check) => realRules.mayChangeConfiguration({ ...check, committedInOwnTerm: true }),
    }),
    adjust: withChanges,
    caughtBy: ["configuration safety"],
    seeds: 300,
  },
  {
    name: "a change begins while another is not committed",
    breaks: "mayChangeConfiguration",
    rules: without({
      mayChangeConfiguration: (check) => realRules.mayChangeConfiguration({ ...check, isUnfinished: false }),
    }),
    adjust: withChanges,
    caughtBy: ["configuration safety"],
    seeds: 100,
  },
  {
    name: "the joint configuration is left before it is committed",
    breaks: "mayLeaveJoint",
    rules: without({ mayLeaveJoint: ({ isJoint }) => isJoint }),
    adjust: withChanges,
    caughtBy: ["configuration safety"],
    seeds: 20,
  },
  {
    name: "the joint configuration is never left",
    breaks: "mayLeaveJoint",
    rules: without({ mayLeaveJoint: () => false }),
    adjust: withChanges,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "any leader takes a change back at any time",
    breaks: "mayAbandonChange",
    rules: without({ mayAbandonChange: ({ isJoint }) => isJoint }),
    adjust: withChanges,
    caughtBy: ["configuration safety"],
    seeds: 1000,
  },
  {
    name: "a configuration stays in force when its entry is cut off",
    breaks: "staysInForce",
    rules: without({ staysInForce: () => true }),
    adjust: withChanges,
    caughtBy: ["configuration safety", "invariant"],
    seeds: 100,
  },
  {
    name: "both sets of voters together are taken for one",
    breaks: "decided",
    rules: withSets(({ voters, outgoing }) => ({ voters: [...new Set([...voters, ...outgoing])], outgoing: [] })),
    adjust: withChanges,
    caughtBy: ["quorum durability", "supported elections"],
    seeds: 300,
  },
  {
    name: "the new voters alone decide while the configuration is joint",
    breaks: "decided",
    rules: newVotersAlone,
    adjust: withChanges,
    caughtBy: ["quorum durability", "supported elections"],
    seeds: 100,
  },
  {
    name: "learners count",
    breaks: "decided",
    rules: withSets((sets) => ({ ...sets, voters: [...sets.voters, ...(sets as Configuration).learners] })),
    adjust: withChanges,
    caughtBy: ["quorum durability", "supported elections"],
    seeds: 100,
  },
  {
    name: "a leader that is removed counts itself",
    breaks: "decided",
    createCore: countingItself,
    adjust: withChanges,
    caughtBy: ["quorum durability"],
    seeds: 300,
  },
  {
    name: "a learner is never promoted by itself",
    breaks: "mayPromote",
    rules: without({ mayPromote: () => false }),
    adjust: withChanges,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
];

/** Commits and elections are decided by other sets than those in force. */
function withSets(change: (sets: VoterSets) => VoterSets): Rules {
  return without({
    decided: (sets, matchOf) => realRules.decided(change(sets), matchOf),
    electionOutcome: (sets, voteOf) => realRules.electionOutcome(change(sets), voteOf),
  });
}

function countingItself(options: Parameters<CoreFactory>[0]): ReturnType<CoreFactory> {
  const { id, rules = realRules } = options;
  return createRaft({
    ...options,
    rules: {
      ...rules,
      decided: ({ voters, outgoing }, matchOf) =>
        rules.decided({ voters: voters.includes(id) ? voters : [...voters, id], outgoing }, matchOf),
    },
  });
}
