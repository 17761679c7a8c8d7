import assert from "node:assert/strict";
import { test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { admin } from "@quorate/etcd";
import { UsageError } from "../src/errors.ts";
import { memberNamed } from "../src/members/cluster.ts";
import { isNothing, parseWanted, planMembers, planText, replacing } from "../src/members/plan-members.ts";
import { formatMembers, membersToJson } from "../src/members/print-members.ts";
import { readinessOf, riskOf, Silences } from "../src/members/readiness.ts";
import { placeOf } from "../src/serve/place.ts";

const { VOTER, LEARNER, LEAVING } = admin.Role;

function member(
  id: number,
  name: string,
  role: admin.Role,
  progress?: MessageInitShape<typeof admin.ProgressSchema>,
): MessageInitShape<typeof admin.MemberSchema> {
  const peerUrls = [`http://h${id}:2380`];
  return { id: BigInt(id), name, role, peerUrls, ...(progress === undefined ? {} : { progress }) };
}

const replicating = (matchIndex: bigint, heardMsAgo = 5n) => ({ state: "replicating", matchIndex, heardMsAgo });

function clusterOf(...members: MessageInitShape<typeof admin.MemberSchema>[]): admin.DescribeResponse {
  return create(admin.DescribeResponseSchema, {
    clusterId: 0xcafen,
    memberId: 10n,
    leader: 10n,
    term: 3n,
    lastIndex: 1000n,
    timing: { electionTimeoutMs: 1000, clockDriftPpm: 10_000 },
    members,
  });
}

const three = clusterOf(
  member(10, "a", VOTER),
  member(11, "b", VOTER, replicating(1000n)),
  member(12, "c", VOTER, replicating(990n, 9000n)),
  member(13, "d", LEARNER, replicating(500n)),
);

test("a plan adds what is new, promotes what is there, and says who leaves", () => {
  const plan = planMembers(three, parseWanted("a,b,d,e=http://h14:2380"));
  assert.deepEqual(plan, {
    add: [{ name: "e", peerUrl: "http://h14:2380" }],
    voters: ["a", "b", "d", "e"],
    promote: ["d"],
    leave: ["c"],
  });
  assert.match(
    planText(plan),
    /^1\. add e .*learner\n2\. wait until e, d have caught up\n3\. let a, b, d, e vote, .*c leave for good\n$/,
  );
  const again = planMembers(three, parseWanted("c,b=http://h11:2380,a"));
  assert.ok(isNothing(again));
  assert.match(planText(again), /^Nothing is to be done/);
});

test("members are named by name or id, and what is nowhere or elsewhere is refused", () => {
  assert.equal(memberNamed(three, "B").name, "b", "the id b is 11 in hexadecimal");
  assert.equal(memberNamed(three, "d").name, "d");
  const refused: readonly [string, RegExp][] = [
    ["a,x", /no member "x" \(it has a, b, c, d\)/],
    ["a,b=http://elsewhere:1", /is at http:\/\/h11:2380, not at/],
    ["a,a", /named twice/],
    ["a,,b", /names no member/],
  ];
  for (const [list, says] of refused) {
    assert.throws(
      () => planMembers(three, parseWanted(list)),
      (error) => error instanceof UsageError && says.test(error.message),
    );
  }
});

test("replacing keeps every other voter", () => {
  const [wanted] = parseWanted("e=http://h14:2380");
  assert.ok(wanted !== undefined);
  const { voters, leave } = planMembers(three, replacing(three, "c", wanted));
  assert.deepEqual([voters, leave], [["a", "b", "e"], ["c"]]);
  assert.throws(() => replacing(three, "d", wanted), /does not vote/);
});

test("whoever is behind or silent is not ready to vote, and the risk of not waiting is said", () => {
  const { ready, behind, silent, text } = readinessOf(three, three.members, 1000n);
  assert.deepEqual([ready, behind, silent], [["a", "b"], ["d"], ["c"]]);
  assert.match(text, /c 99%, silent for 9 s, d 50%/);
  assert.deepEqual(readinessOf(three, three.members, 400n).behind, []);
  const unknown = clusterOf(member(10, "a", VOTER), member(11, "b", LEARNER));
  assert.deepEqual(readinessOf(unknown, unknown.members, 0n).silent, ["b"]);
  assert.match(riskOf(5, 3), /3 of the 5 .* as soon as one of those fails/);
  assert.match(riskOf(5, 4), /when 2 of those fail/);
  assert.match(riskOf(5, 2), /no write could be committed/);
});

test("silence counts only without a break, and only as a leader sees it", () => {
  const silences = new Silences(5000);
  const seen = readinessOf(three, three.members, 1000n);
  assert.deepEqual(seen.silent, ["c"]);
  assert.deepEqual(silences.look(0, seen), []);
  assert.deepEqual(silences.look(4900, seen), []);
  assert.deepEqual(silences.look(5000, undefined), [], "between two leaders nobody knows");
  assert.deepEqual(silences.look(6000, seen), []);
  assert.deepEqual(silences.look(8000, { ...seen, silent: [] }), []);
  assert.deepEqual(silences.look(9000, seen), []);
  assert.deepEqual(silences.look(14_000, seen), ["c"]);
});

test("the members are shown to people and to programs", () => {
  const text = formatMembers({ ...three, isJoint: true });
  assert.match(text, /^MEMBER +ID +ROLE/);
  assert.match(text, /^a +a +leader +100%/m);
  assert.match(text, /^d +d +learner +50% .*\(not started\)$/m);
  assert.match(text, /A change of the voters is under way\.$/m);
  const json = JSON.parse(membersToJson(three)) as { leader: string; members: { name: string; role: string }[] };
  assert.equal(json.leader, "a");
  assert.deepEqual(
    json.members.map(({ role }) => role),
    ["voter", "voter", "voter", "learner"],
  );
});

test("a member that joins turns to all that are there, those that are leaving among them", () => {
  const cluster = clusterOf(member(12, "c", LEARNER), member(10, "a", VOTER), member(11, "b", LEAVING));
  const { clusterId, memberId, configuration } = placeOf(cluster, { id: 12n });
  assert.deepEqual([clusterId, memberId], [0xcafe, 12]);
  assert.deepEqual([configuration.voters, configuration.learners], [[10, 11], [12]]);
  assert.deepEqual(
    configuration.members.map(({ id }) => id),
    [10, 11, 12],
  );
});
