/** Random changes from any set to any set, with crashes, partitions and a bad network: nothing is ever decided twice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { realRules, type Rules } from "@quorate/raft";
import fc from "fast-check";
import { MembershipWorld, type Act } from "./membership-world.ts";

const small = fc.nat(63);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(300).map((ms): Act => ({ kind: "run", ms })) },
  { weight: 1, arbitrary: fc.nat(2500).map((ms): Act => ({ kind: "run", ms })) },
  { weight: 1, arbitrary: small.map((who): Act => ({ kind: "propose", who })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(small, small, small, fc.boolean())
      .map(([who, voters, learners, promoted]): Act => ({ kind: "change", who, voters, learners, promoted })),
  },
  { weight: 1, arbitrary: small.map((who): Act => ({ kind: "abandon", who })) },
  { weight: 1, arbitrary: fc.tuple(small, small).map(([who, to]): Act => ({ kind: "transfer", who, to })) },
  { weight: 1, arbitrary: fc.tuple(small, fc.nat(2)).map(([who, written]): Act => ({ kind: "crash", who, written })) },
  { weight: 2, arbitrary: small.map((who): Act => ({ kind: "start", who })) },
  { weight: 1, arbitrary: fc.nat(4095).map((groups): Act => ({ kind: "split", groups })) },
  { weight: 1, arbitrary: fc.constant<Act>({ kind: "heal" }) },
);
const schedule = fc.tuple(fc.nat(), fc.array(act, { minLength: 40, maxLength: 80 }));

function play([seed, acts]: [number, Act[]], rules: Rules = realRules): MembershipWorld {
  const world = new MembershipWorld(seed, rules);
  world.run(2500);
  for (const one of acts) world.act(one);
  world.recover();
  return world;
}

test("whatever happens, one leader a term, one history, configurations that overlap, and the joint one is left", () => {
  const reached = new Map<string, number>();
  fc.assert(
    fc.property(schedule, (drawn) => {
      for (const [what, times] of play(drawn).reached) reached.set(what, (reached.get(what) ?? 0) + times);
    }),
    { numRuns: 50, seed: 5 },
  );
  for (const what of ["changed", "abandoned", "truncated", "crash", "leader removed", "transfer done"]) {
    assert.ok((reached.get(what) ?? 0) >= 3, `${what} was reached ${reached.get(what) ?? 0} times`);
  }
});

/** What the world says of the first of many schedules that goes wrong under these rules. */
function whatGoesWrong(rules: Rules): string | undefined {
  for (const drawn of fc.sample(schedule, { numRuns: 200, seed: 5 })) {
    try {
      play(drawn, rules);
    } catch (error) {
      return String(error);
    }
  }
  return undefined;
}

const brokenRules: readonly { readonly what: string; readonly rules: Partial<Rules>; readonly seen: RegExp }[] = [
  { what: "one phase", rules: { needsJoint: () => false }, seen: /can decide apart/ },
  { what: "two changes at once", rules: { mayChangeConfiguration: () => true }, seen: /not committed/ },
  {
    what: "a joint configuration left early",
    rules: { mayLeaveJoint: ({ isJoint }) => isJoint },
    seen: /not committed/,
  },
  { what: "a joint configuration never left", rules: { mayLeaveJoint: () => false }, seen: /joint|nobody leads/ },
  { what: "no rollback", rules: { staysInForce: () => true }, seen: /its log says otherwise/ },
  { what: "nobody promoted", rules: { mayPromote: () => false }, seen: /not promoted/ },
];

for (const { what, rules, seen } of brokenRules) {
  test(`the world notices: ${what}`, () => {
    assert.match(whatGoesWrong({ ...realRules, ...rules }) ?? "nothing went wrong", seen);
  });
}
