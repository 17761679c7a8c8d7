import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules, type LogPosition, type Rules } from "@quorate/raft";
import { coreScenarios, directedVariants } from "@quorate/simulator";
import { stories } from "../src/stories/library.ts";
import { rightTitle } from "../src/stories/right-title.ts";
import { runsOf } from "../src/stories/run-story.ts";
import { brokenText, decisionText } from "../src/ui/words.ts";
import { LabWorld } from "../src/world/lab-world.ts";
import type { Decision } from "../src/world/tape.ts";
import { watchedRules } from "../src/world/watched-rules.ts";

/** What is told of a vote that is asked for with this log, as the core asks its rules. */
function votesOn(candidate: LogPosition, ours: LogPosition, rules: Rules = realRules): readonly Decision[] {
  const told: Decision[] = [];
  const watched = watchedRules(1, rules, (decision) => told.push(decision));
  const contact = { heardLeader: false, restartedLately: false, transfer: false };
  watched.mayGrantPreVote({ electionTerm: 9, ourTerm: 8, contact, upToDate: watched.isUpToDate(candidate, ours) });
  watched.mayGrantVote({ candidate: 2, vote: 0, knownLeader: 0, upToDate: watched.isUpToDate(candidate, ours) });
  return told;
}

const refusals: readonly { when: string; candidate: LogPosition; ours: LogPosition; because: string }[] = [
  {
    when: "a longer log with an older last term",
    candidate: { index: 11, term: 1 },
    ours: { index: 5, term: 3 },
    because:
      "the candidate's log ends with entry 11 of term 1, its own with entry 5 of term 3: longer, but the term of the last entry counts first, and is older",
  },
  {
    when: "a shorter log with an older last term",
    candidate: { index: 4, term: 1 },
    ours: { index: 5, term: 3 },
    because:
      "the candidate's log ends with entry 4 of term 1, its own with entry 5 of term 3: the term of the last entry is older",
  },
  {
    when: "fewer entries of the same last term",
    candidate: { index: 4, term: 3 },
    ours: { index: 5, term: 3 },
    because:
      "the candidate's log ends with entry 4 of term 3, its own with entry 5 of term 3: the same term, and fewer entries",
  },
  {
    when: "an empty log",
    candidate: { index: 0, term: 0 },
    ours: { index: 5, term: 3 },
    because:
      "the candidate's log ends with nothing, its own with entry 5 of term 3: the term of the last entry is older",
  },
];

for (const { when, candidate, ours, because } of refusals) {
  test(`a vote that is refused for ${when} says where both logs end, and which of the two counted`, () => {
    assert.deepEqual(votesOn(candidate, ours).map(decisionText), [
      because,
      `would not vote: ${because}`,
      because,
      `refuses its vote: ${because}`,
    ]);
  });
}

test("a broken comparison of logs is told with where they end, and what the one that ships says", () => {
  const [broken] = votesOn({ index: 11, term: 1 }, { index: 5, term: 3 }, { ...realRules, isUpToDate: () => true });
  assert.ok(broken?.isBroken);
  assert.match(brokenText(broken), /as far as its own, or further: .*; the one that ships: .*: longer, but the term/);
});

test("what was compared for one vote is not told of another", () => {
  const told: Decision[] = [];
  const watched = watchedRules(1, realRules, (decision) => told.push(decision));
  const ballot = { candidate: 2, vote: 3, knownLeader: 0 };
  watched.mayGrantVote({ ...ballot, upToDate: watched.isUpToDate({ index: 4, term: 1 }, { index: 5, term: 3 }) });
  watched.mayGrantVote({ ...ballot, upToDate: true });
  assert.deepEqual(
    told.map(({ rule, compared }) => [rule, compared !== undefined]),
    [
      ["isUpToDate", false],
      ["mayGrantVote", true],
      ["mayGrantVote", false],
    ],
  );
});

test("a vote that is refused beside a leader of the same term names that leader", () => {
  const asked = [{ candidate: 2, vote: 0, knownLeader: 3, upToDate: true }];
  const text = decisionText({ member: 1, rule: "mayGrantVote", asked, answer: false });
  assert.equal(text, "refuses its vote: member 3 leads this term");
});

test("in the comparisons, every vote that is refused for the log says where both end", () => {
  const refused: string[] = [];
  for (const name of ["stale-candidate", "figure-8", "cloudflare-2020"]) {
    const story = stories.find((one) => one.name === name);
    assert.ok(story !== undefined);
    for (const run of runsOf(story)) {
      for (const { decisions } of new LabWorld(run).tape.events) {
        for (const decision of decisions) {
          const [given] = decision.asked as readonly [Readonly<Record<string, unknown>>];
          if (/mayGrant/.test(decision.rule) && given["upToDate"] === false) refused.push(decisionText(decision));
        }
      }
    }
  }
  assert.ok(refused.length > 10, `${refused.length}`);
  const vague = refused.filter(
    (text) => !/heard within T|started within T/.test(text) && !/ends with .*, its own/.test(text),
  );
  assert.deepEqual(vague, []);
});

test("the right side's title says whether rules are broken, or a promise, or something is set otherwise", () => {
  const kinds: Record<string, string[]> = {};
  for (const { name, scenario, broken } of stories) {
    const found = coreScenarios.find((one) => one.name === scenario);
    const variant = found === undefined ? undefined : directedVariants(found)[broken - 1];
    assert.ok(variant !== undefined, name);
    const kind = rightTitle(variant).replace(`: ${variant.what}`, "");
    if (kind !== "Right, broken") (kinds[kind] ??= []).push(name);
  }
  assert.deepEqual(kinds, {
    "Right, the same rules set otherwise": ["equal-timers", "narrow-window"],
    "Right, two rules broken": ["cloudflare-2020", "chained-five", "unheard-leader", "removed-member"],
    "Right, the same rules and a promise broken": ["clocks-beyond-the-bound"],
  });
});
