import type { Rules } from "@quorate/raft";
import { atLeast, exactly } from "./bounds.ts";
import type { BrokenVariant, Expectation } from "./scenario.ts";

/** Rule sets that connectivity scenarios are shown with: each is what some implementation shipped. */

/** Who hears nothing from a leader stands for election at once, in a new term (Raft §5.2 as it stands). */
const noPreVote: Partial<Rules> = { mayStandForElection: () => true };

/** A vote request is heard while the leader is. */
const noStickiness: Partial<Rules> = { mayHearVote: () => true };

/** A leader goes on without a quorum. */
const noCheckQuorum: Partial<Rules> = { leadsUntil: () => Number.POSITIVE_INFINITY };

/** Whoever leads answers reads from what it has. */
const noReadRound: Partial<Rules> = { mayServeRead: ({ committedInOwnTerm }) => committedInOwnTerm };

/** Every log is up to date. */
const noLogCheck: Partial<Rules> = { isUpToDate: () => true };

/** What the slowest voter has is what counts. */
const commitByAll: Partial<Rules> = {
  decided: ({ voters, outgoing }, valueOf) => Math.min(...[...voters, ...outgoing].map(valueOf)),
};

export function withoutPreVote(expects: Expectation): BrokenVariant {
  return { what: "there is no Pre-Vote", rules: noPreVote, unwatched: ["supported elections"], expects };
}

/** The Raft of the paper's §5.2: both of its known remedies are left out. */
export function withNaiveElections(expects: Expectation): BrokenVariant {
  return {
    what: "there is neither Pre-Vote nor stickiness",
    rules: { ...noPreVote, ...noStickiness },
    unwatched: ["supported elections"],
    expects,
  };
}

export function withoutCheckQuorum(expects: Expectation): BrokenVariant {
  return { what: "there is no check-quorum", rules: noCheckQuorum, expects };
}

/** A leader neither knows nor asks whether it still leads. */
export function withoutFencing(expects: Expectation): BrokenVariant {
  return {
    what: "there is no check-quorum, and reads ask no quorum",
    rules: { ...noCheckQuorum, ...noReadRound },
    expects,
  };
}

/** As replication without quorums does. */
export function withCommitByAll(expects: Expectation): BrokenVariant {
  return { what: "an entry is committed once every voter has it, not a majority", rules: commitByAll, expects };
}

export function withoutLogCheck(expects: Expectation): BrokenVariant {
  return { what: "votes are given without a look at the log", rules: noLogCheck, expects };
}

/** Whoever hears no leader counts its term up, and the leader stays all the same. */
export const termsClimbInVain = withoutPreVote({
  leaderChanges: exactly(0),
  termGrowth: atLeast(8),
  finalLeader: ["leader"],
  serves: true,
});

/** Whoever hears no leader deposes the one that there is, again and again. */
export const leadersFallAgainAndAgain = withNaiveElections({ leaderChanges: atLeast(4), termGrowth: atLeast(8) });

/** The leader keeps everybody from electing another, and commits nothing itself. */
export const leaderHoldsOnInVain = withoutCheckQuorum({
  leaderChanges: exactly(0),
  longestOutage: atLeast(39),
  finalLeader: ["leader"],
  serves: false,
});
