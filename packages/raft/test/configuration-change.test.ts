/** What a change may ask for, what it leads to step by step, and how configurations are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CorruptFrameError,
  decodeConfiguration,
  defaultTiming,
  describeConfiguration,
  encodeConfiguration,
  maxRemoved,
  type Configuration,
  type ConfigurationChange,
  type MemberAddress,
} from "@quorate/raft";
import fc from "fast-check";
import { abandonedOf, directly, jointOf, leftOf } from "../src/joint.ts";
import { targetOf } from "../src/configuration-change.ts";
import { addressesOf, configurationOf } from "./support/fixtures.ts";
import { Node } from "./support/node.ts";

const three = configurationOf([1, 2, 3], [], [7]);

/** The addresses of `three`, each with these fields. */
function addressesWith(fields: Partial<MemberAddress>): MemberAddress[] {
  return addressesOf(1, 2, 3, 7).map((one) => Object.assign({}, one, fields));
}

function targetFor(change: ConfigurationChange, current = three) {
  const checked = targetOf(current, change, 1_000_000);
  assert.ok("target" in checked, JSON.stringify(checked));
  return checked.target;
}

function whyNot(change: ConfigurationChange): string {
  const node = new Node({ configuration: three }).lead();
  const answer = node.change(change);
  assert.ok(!answer.ok, "it was accepted");
  return answer.refusal.reason === "invalid-change" ? answer.refusal.why : answer.refusal.reason;
}

test("a change that can never be is refused with what to correct, and nothing is appended", () => {
  const timing = (change: Partial<typeof defaultTiming>): ConfigurationChange => ({
    timing: { ...defaultTiming, ...change },
  });
  const cases: [ConfigurationChange, RegExp][] = [
    [{ voters: [] }, /no voter would be left/],
    [{ voters: [1, 2, 2] }, /named twice/],
    [{ voters: [1, 2, 3.5] }, /no member id/],
    [{ voters: [0, 1] }, /no member id/],
    [{ voters: [1, 2, 2 ** 53] }, /no member id/],
    [{ learners: [3, 7] }, /member 3 cannot be a voter and a learner/],
    [{ promotable: [1] }, /member 1 cannot be promoted/],
    [{ voters: [1, 2, 9] }, /member 9 has no address/],
    [{ members: addressesOf(1, 2, 3, 7, 9) }, /a member that is none/],
    [{ members: addressesWith({ name: "same" }) }, /the name same/],
    [{ members: addressesWith({ priority: 101 }) }, /0 to 100/],
    [{ members: addressesWith({ peerUrls: ["u".repeat(600_000)] }) }, /bytes/],
    [timing({ electionTimeoutMs: 9 }), /10 to 50,000/],
    [timing({ electionTimeoutMs: 50_001 }), /10 to 50,000/],
    [timing({ electionTimeoutMs: 1000.5 }), /10 to 50,000/],
    [timing({ clockDriftPpm: 500_001 }), /0 to 500,000/],
  ];
  for (const [change, why] of cases) assert.match(whyNot(change), why, JSON.stringify(change).slice(0, 200));
});

test("what a change does not name stays, and a learner that becomes a voter is a learner no longer", () => {
  const promoted = targetFor({ voters: [7, 3, 2, 1] });
  assert.deepEqual([promoted.voters, promoted.learners], [[1, 2, 3, 7], []]);
  assert.deepEqual(targetFor({ timing: { electionTimeoutMs: 50, clockDriftPpm: 0 } }).learners, [7]);
  assert.deepEqual(
    targetFor({ voters: [1, 2] }).members.map(({ id }) => id),
    [1, 2, 7],
  );
});

test("the addresses of members that left may be named with the others, and are not taken", () => {
  const current = { ...three, removed: [5], members: addressesOf(1, 2, 3, 5, 7) };
  assert.deepEqual(targetFor({ members: current.members }, current).members, addressesOf(1, 2, 3, 7));
});

test("a change of learners, addresses or timing takes one entry and no joint phase", () => {
  for (const change of [
    { learners: [] },
    { timing: { electionTimeoutMs: 500, clockDriftPpm: 0 } },
    { members: addressesWith({ priority: 50 }) },
    { promotable: [7] },
  ]) {
    const node = new Node({ configuration: three }).lead();
    assert.equal(node.change(change).ok, true);
    assert.equal(node.deciders, "1 2 3");
    assert.equal(node.core.status().last.index, 2);
    for (const id of [2, 3]) node.acknowledge(id);
    assert.equal(node.core.status().last.index, 2, "nothing follows");
  }
});

test("the steps of a change: who decides, who learns, who is remembered, and whose address is kept", () => {
  const joint = jointOf(three, targetFor({ voters: [1, 4, 5], learners: [3], members: addressesOf(1, 3, 4, 5) }));
  assert.equal(describeConfiguration(joint), "voters (1 4 5) and (1 2 3) learners (3)");
  assert.deepEqual(joint.removed, [7], "a learner leaves at once, a voter when the joint phase ends");
  assert.deepEqual(joint.members, addressesOf(1, 2, 3, 4, 5, 7));
  const left = leftOf(joint);
  assert.equal(describeConfiguration(left), "voters (1 4 5) learners (3)");
  assert.deepEqual(left.removed, [7, 2]);
  assert.deepEqual(left.members, joint.members);
  const later = directly(left, targetFor({ learners: [] }, left));
  assert.deepEqual(later.removed, [7, 2, 3]);
  assert.deepEqual(later.members, addressesOf(1, 3, 4, 5), "those that left with the change before are forgotten");
  const back = abandonedOf(joint);
  assert.equal(describeConfiguration(back), "voters (1 2 3) learners (4 5)");
  assert.deepEqual(back.removed, [7]);
});

test("so many former ids are remembered and no more, the newest", () => {
  const removed = Array.from({ length: maxRemoved }, (_, at) => 1000 + at);
  const next = directly({ ...three, removed }, targetFor({ learners: [] }));
  assert.equal(next.removed.length, maxRemoved);
  assert.deepEqual([next.removed[0], next.removed.at(-1)], [1001, 7]);
});

test("whatever is asked for, each step makes a configuration that can be written, read and acted on", () => {
  const ids = fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(fc.tuple(ids, ids, fc.boolean()), { maxLength: 5 }), (changes) => {
      let current: Configuration = configurationOf([1, 2, 3]);
      for (const [voters, others, goesBack] of changes) {
        const learners = others.filter((id) => !voters.includes(id));
        const members = addressesOf(...[...voters, ...learners].sort((a, b) => a - b));
        const checked = targetOf(current, { voters, learners, promotable: learners.slice(1), members }, 1_000_000);
        if ("refusal" in checked) {
          assert.equal(checked.refusal.reason, "id-was-removed");
          continue;
        }
        const joint = jointOf(current, checked.target);
        const next = goesBack ? abandonedOf(joint) : leftOf(joint);
        for (const step of [joint, next]) {
          assert.deepEqual(decodeConfiguration(encodeConfiguration(step)), step);
          const known = new Set(step.members.map(({ id }) => id));
          for (const id of [...step.voters, ...step.outgoing, ...step.learners]) assert.ok(known.has(id), `${id}`);
          assert.ok(step.promotable.every((id) => step.learners.includes(id)));
          assert.ok(step.learners.every((id) => !step.voters.includes(id)));
          assert.ok(step.removed.every((id) => ![...step.voters, ...step.outgoing, ...step.learners].includes(id)));
        }
        assert.deepEqual(next.voters, goesBack ? current.voters : checked.target.voters);
        current = next;
      }
    }),
    { numRuns: 300 },
  );
});

test("the bytes of a configuration stay as they are: version 1 where it says everything, version 2 otherwise", () => {
  const plain: Configuration = {
    voters: [1],
    outgoing: [],
    learners: [2],
    promotable: [],
    removed: [],
    members: [{ id: 1, name: "a", peerUrls: ["u"] }],
    timing: { electionTimeoutMs: 1000, clockDriftPpm: 10_000 },
  };
  const head = "e803000010270000";
  const ids = ["010000000100000000000000", "00000000", "010000000200000000000000"].join("");
  const member = ["01000000", "0100000000000000", "0100000061", "01000000", "0100000075"].join("");
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  assert.equal(hex(encodeConfiguration(plain)), `01${head}${ids}${member}`);
  const full: Configuration = {
    ...plain,
    promotable: [2],
    removed: [9],
    members: [{ id: 1, name: "a", peerUrls: ["u"], priority: 5 }],
  };
  const more = ["010000000200000000000000", "010000000900000000000000"].join("");
  assert.equal(hex(encodeConfiguration(full)), `02${head}${ids}${more}${member}05`);
  assert.deepEqual(decodeConfiguration(Buffer.from(`01${head}${ids}${member}`, "hex")), plain);
  assert.deepEqual(decodeConfiguration(Buffer.from(`02${head}${ids}${more}${member}05`, "hex")), full);
});

test("versions and priorities that nobody writes are refused", () => {
  const bytes = encodeConfiguration({ ...three, promotable: [7] });
  assert.throws(() => decodeConfiguration(bytes.with(0, 3)), CorruptFrameError);
  assert.throws(() => decodeConfiguration(bytes.with(0, 0)), CorruptFrameError);
  assert.throws(() => decodeConfiguration(bytes.with(bytes.length - 1, 101)), CorruptFrameError);
});
