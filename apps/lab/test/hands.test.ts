import assert from "node:assert/strict";
import { test } from "node:test";
import { LabActionError, readTimedAction, type LabAction } from "../src/world/lab-action.ts";
import { readLabRun, type FreeSetup, type LabRun } from "../src/world/lab-run.ts";
import { LabWorld } from "../src/world/lab-world.ts";
import { linkKey, linksAt } from "../src/world/links-at.ts";
import { eventAt, viewAt, type MemberView, type Tape } from "../src/world/tape.ts";

const T = 1000;
const setup: FreeSetup = { kind: "free", members: 3, spares: 1, electionTimeoutMs: T, delayMs: 10, broken: [] };
const forgetful: FreeSetup = {
  ...setup,
  broken: ["peers do not remember starts: a wiped disk is taken for its member"],
};

/** When all is settled and somebody leads, in ms. */
const settledMs = 4000;

function worldOf(actions: readonly (readonly [number, LabAction])[], of: FreeSetup = setup): LabWorld {
  return new LabWorld({
    seed: 7,
    setup: of,
    actions: actions.map(([ms, action]) => ({ at: (settledMs + ms) * 1000, action })),
  });
}

/** Runs so long after the members have settled. */
function tapeOf(ms: number, actions: readonly (readonly [number, LabAction])[], of: FreeSetup = setup): Tape {
  const world = worldOf(actions, of);
  world.advance((settledMs + ms) * 1000);
  assert.equal(world.end, undefined);
  return world.tape;
}

function viewsAt(tape: Tape, ms: number): readonly MemberView[] {
  const event = eventAt(tape, (settledMs + ms) * 1000);
  return tape.members.map((id) => viewAt(tape, id, event));
}

function leaderAt(tape: Tape, ms: number): number {
  return viewsAt(tape, ms).find(({ isUp, role }) => isUp && role === "leader")?.id ?? 0;
}

function words(tape: Tape): string {
  return tape.events.flatMap(({ notes }) => notes).join("\n");
}

/** Who leads at first, and who does not: the same in each world of this seed. */
const quiet = tapeOf(0, []);
const leader = leaderAt(quiet, 0);
const [follower = 0, other = 0] = [1, 2, 3].filter((id) => id !== leader);

test("what a reader does is seen at that very moment", () => {
  const tape = tapeOf(100, [[50, { do: "crash", who: leader }]]);
  assert.equal(viewsAt(tape, 49)[leader - 1]?.isUp, true);
  assert.equal(viewsAt(tape, 50)[leader - 1]?.isUp, false);
});

test("a slow link takes its time, its jitter differs, and the other direction is as it was", () => {
  const slow: LabAction = {
    do: "link",
    from: leader,
    to: follower,
    delayMs: 300,
    jitterMs: 50,
    loss: 0,
    duplicates: 0,
  };
  const tape = tapeOf(5000, [[0, slow]]);
  const since = settledMs * 1000;
  const taken = (from: number, to: number): number[] =>
    tape.packets
      .filter((packet) => packet.sentAt > since && packet.from === from && packet.to === to)
      .flatMap(({ sentAt, arrivesAt }) => (arrivesAt === undefined ? [] : [(arrivesAt - sentAt) / 1000]));
  const there = taken(leader, follower);
  assert.ok(there.length > 20 && Math.min(...there) >= 300 && Math.max(...there) > 350);
  assert.ok(Math.max(...taken(follower, leader)) < 50);
  const link = linksAt(tape, tape.events.length - 1).changed.get(linkKey(leader, follower));
  assert.deepEqual([link?.delayMs, link?.jitterMs, link?.isBlocked], [300, 50, false]);
});

test("a link loses and repeats as many messages as it is told to", () => {
  const lossy: LabAction = { do: "link", from: leader, to: 0, delayMs: 1, jitterMs: 0, loss: 0.3, duplicates: 0.4 };
  const tape = tapeOf(30_000, [[0, lossy]]);
  const sent = tape.packets.filter(({ from, sentAt }) => from === leader && sentAt > settledMs * 1000);
  const lost = sent.filter(({ arrivesAt }) => arrivesAt === undefined).length / sent.length;
  const repeated = sent.filter(({ takenIn }) => takenIn.length > 1).length / (sent.length * (1 - lost));
  assert.ok(lost > 0.2 && lost < 0.4, `${lost}`);
  assert.ok(repeated > 0.3 && repeated < 0.5, `${repeated}`);
});

test("all links from a member, to a member, and all there are, are cut at once, and mended", () => {
  const changed = (action: LabAction): string[] => {
    const tape = tapeOf(1, [[0, action]]);
    return [...linksAt(tape, tape.events.length - 1).changed.keys()];
  };
  const spares = { do: "block", from: 2, to: 0 } as const;
  assert.deepEqual(changed(spares), ["2>1", "2>3", "2>4"]);
  assert.deepEqual(changed({ do: "block", from: 0, to: 2 }), ["1>2", "3>2", "4>2"]);
  assert.equal(changed({ do: "block", from: 0, to: 0 }).length, 12);
  const slow: LabAction = { do: "link", from: 0, to: 0, delayMs: 99, jitterMs: 1, loss: 0, duplicates: 0 };
  for (const mend of [{ do: "mend", from: 0, to: 0 }, { do: "heal" }] as const) {
    const tape = tapeOf(3, [
      [0, { do: "block", from: 0, to: 0 }],
      [1, slow],
      [2, mend],
    ]);
    assert.equal(linksAt(tape, eventAt(tape, (settledMs + 1) * 1000)).changed.size, 12);
    assert.equal(linksAt(tape, tape.events.length - 1).changed.size, 0);
  }
});

test("islands hear nothing of each other; healed, they come together", () => {
  const tape = tapeOf(12_000, [
    [0, { do: "partition", groups: [[leader], [4]] }],
    [0, { do: "write", to: leader, count: 1 }],
    [6000, { do: "heal" }],
  ]);
  const islands = (ms: number) => linksAt(tape, eventAt(tape, (settledMs + ms) * 1000)).islands;
  assert.deepEqual(
    islands(10).toSorted(([one = 0], [two = 0]) => one - two),
    [[leader], [follower, other], [4]].toSorted(([one = 0], [two = 0]) => one - two),
  );
  assert.ok([follower, other].includes(leaderAt(tape, 5900)), "the two elect another");
  assert.deepEqual(islands(6001), [[1, 2, 3, 4]]);
  const views = viewsAt(tape, 12_000).slice(0, 3);
  assert.equal(new Set(views.map(({ term }) => term)).size, 1);
  assert.equal(new Set(views.map(({ terms }) => terms.join())).size, 1);
});

test("members that one direction still connects are on one island", () => {
  const tape = tapeOf(1, [[0, { do: "block", from: leader, to: 0 }]]);
  assert.deepEqual(linksAt(tape, tape.events.length - 1).islands, [[1, 2, 3, 4]]);
});

test("a partition in place of another one mends what only the first one cut", () => {
  const tape = tapeOf(10, [
    [0, { do: "partition", groups: [[1], [2]] }],
    [5, { do: "partition", groups: [[3]] }],
  ]);
  assert.deepEqual(linksAt(tape, tape.events.length - 1).islands, [[1, 2, 4], [3]]);
});

test("a clock that drifts beyond the bound makes the leader's lease a lie, and one within it does not", () => {
  const stale = (rate: number): number => {
    const actions: (readonly [number, LabAction])[] = [
      [0, { do: "drift-clock", who: leader, rate }],
      [500, { do: "block", from: leader, to: 0 }],
      [500, { do: "block", from: 0, to: leader }],
    ];
    for (let ms = 600; ms < 8000; ms += 50) {
      actions.push([ms, { do: "read-by-clock", from: leader }]);
      for (const id of [follower, other]) actions.push([ms, { do: "write", to: id, count: 1 }]);
    }
    const { requests } = tapeOf(8000, actions);
    return requests.filter(({ index, needed }) => index !== undefined && index < needed).length;
  };
  assert.equal(stale(0.99), 0);
  assert.ok(stale(0.25) > 0, "its lease lasts four times as long as it should");
});

test("a lease read that is refused says why: the rule was asked, and what it was asked is written down", () => {
  const actions = [
    [0, { do: "partition", groups: [[leader]] }],
    [850, { do: "read-by-clock", from: leader }],
  ] as const;
  // It leads for T after it was heard last; its lease is a fifth shorter.
  const tape = tapeOf(1500, actions, { ...setup, clockDriftPpm: 200_000 });
  const asked = tape.events.flatMap(({ decisions }) => decisions).filter(({ rule }) => rule === "mayServeLeaseRead");
  assert.deepEqual(
    asked.map(({ answer }) => answer),
    [false],
  );
  const { now, leaseUntil, committedInOwnTerm } = (asked[0]?.asked[0] ?? {}) as Record<string, unknown>;
  assert.ok(committedInOwnTerm === true && Number(now) >= Number(leaseUntil));
});

/** What is on two disks of three is on one after a wipe, and its other holder is down. */
const losing: readonly (readonly [number, LabAction])[] = [
  [0, { do: "partition", groups: [[other]] }],
  [1, { do: "write", to: leader, count: 3 }],
  [500, { do: "crash", who: leader }],
  [501, { do: "wipe-disk", who: follower }],
  [502, { do: "heal" }],
  [503, { do: "start", who: follower }],
];

test("a wiped member whose peers remember it is not heard: it stops, nothing falls, and nobody leads without it", () => {
  const tape = tapeOf(12_000, losing);
  assert.deepEqual(tape.violations, []);
  assert.equal(viewsAt(tape, 12_000)[follower - 1]?.isUp, false);
  assert.equal(leaderAt(tape, 12_000), 0);
  assert.match(words(tape), new RegExp(`does not listen to member ${follower}: it has forgotten its start 1`));
  assert.match(words(tape), /stops: member \d knows start 1 of this member, and this disk does not: it was wiped/);
  assert.ok(viewsAt(tape, 600)[follower - 1]?.isForgotten);
});

test("where peers forget it votes as if nothing had been, what was committed is gone, and the panel turns red", () => {
  const tape = tapeOf(12_000, losing, forgetful);
  assert.equal(tape.violations[0]?.property, "leader completeness");
});

test("a wiped member is replaced by another one with a new id, which catches up and votes", () => {
  const tape = tapeOf(8000, [
    [0, { do: "write", to: leader, count: 3 }],
    [100, { do: "wipe-disk", who: follower }],
    [101, { do: "start", who: follower }],
    [600, { do: "members", by: leader, voters: [leader, other], learners: [4], promotable: [4] }],
    [7000, { do: "start", who: follower }],
  ]);
  assert.deepEqual(tape.violations, []);
  const views = viewsAt(tape, 8000);
  assert.deepEqual(
    views[leader - 1]?.voters,
    [leader, other, 4].toSorted((one, two) => one - two),
  );
  assert.deepEqual(views[3]?.terms, views[leader - 1]?.terms);
  assert.equal(views[follower - 1]?.isUp, false);
});

test("a removed id never comes back, and the leader says so", () => {
  const voters = [leader, other];
  const tape = tapeOf(8000, [
    [0, { do: "members", by: leader, voters, learners: [], promotable: [] }],
    [4000, { do: "members", by: leader, voters: [1, 2, 3], learners: [], promotable: [] }],
  ]);
  assert.match(words(tape), new RegExp(`refuses: member ${follower} was removed, and an id never comes back`));
});

test("a learner first, then a voter: each is a change of its own", () => {
  const tape = tapeOf(8000, [
    [0, { do: "members", by: leader, voters: [1, 2, 3], learners: [4], promotable: [] }],
    [4000, { do: "members", by: leader, voters: [1, 2, 3, 4], learners: [], promotable: [] }],
  ]);
  assert.deepEqual([viewsAt(tape, 3900)[3]?.voters, viewsAt(tape, 3900)[3]?.learners], [[1, 2, 3], [4]]);
  assert.deepEqual([viewsAt(tape, 8000)[3]?.voters, viewsAt(tape, 8000)[3]?.learners], [[1, 2, 3, 4], []]);
});

test("a member with a full disk stops at its next write, and comes up when there is room", () => {
  const tape = tapeOf(10_000, [
    [0, { do: "fill-disk", who: follower }],
    [1000, { do: "write", to: leader, count: 1 }],
    [5000, { do: "free-disk", who: follower }],
  ]);
  assert.deepEqual(
    [viewsAt(tape, 999)[follower - 1]?.isUp, viewsAt(tape, 999)[follower - 1]?.isDiskFull],
    [true, true],
  );
  assert.equal(viewsAt(tape, 4999)[follower - 1]?.isUp, false);
  assert.equal(viewsAt(tape, 10_000)[follower - 1]?.isUp, true);
  assert.match(words(tape), /stops: a write failed: no space left on device/);
  assert.match(words(tape), /cannot start: no space left on device/);
  assert.deepEqual(tape.violations, []);
});

test("a damaged log keeps its member quiet until it has everything back; where damage may not be, that is said", () => {
  const damage = { do: "damage-disk", who: follower, place: 0 } as const;
  const actions = [
    [0, { do: "write", to: leader, count: 3 }],
    [500, damage],
    [501, { do: "start", who: follower }],
    [520, { do: "damage-disk", who: other, place: 0 }],
  ] as const;
  const tape = tapeOf(8000, actions, { ...setup, spares: 0 });
  assert.ok(viewsAt(tape, 510)[follower - 1]?.isQuarantined);
  assert.equal(viewsAt(tape, 8000)[follower - 1]?.isQuarantined, false);
  assert.match(words(tape), /You damage the log of member \d; nothing comes of it: as many logs are damaged already/);
});

test("a pruned log leaves a follower that was away no way but the whole state", () => {
  const tape = tapeOf(10_000, [
    [0, { do: "crash", who: follower }],
    [10, { do: "write", to: leader, count: 5 }],
    [1000, { do: "prune", who: leader }],
    [2000, { do: "start", who: follower }],
  ]);
  assert.ok((viewsAt(tape, 1001)[leader - 1]?.base ?? 0) >= 6);
  assert.ok(tape.packets.some(({ type, to }) => type === "state" && to === follower));
  const views = viewsAt(tape, 10_000);
  assert.equal(views[follower - 1]?.applied, views[leader - 1]?.applied);
});

test("the timing is replicated: who is asked for another one writes it to the log, and all go by it", () => {
  const tape = tapeOf(6000, [
    [0, { do: "timing", by: leader, electionTimeoutMs: 300, clockDriftPpm: 100_000 }],
    [3000, { do: "crash", who: leader }],
  ]);
  const elected = [follower, other].includes(leaderAt(tape, 4200));
  assert.ok(elected, "in T + W = 600 ms and not in 2000");
});

test("who does not lead says so", () => {
  assert.match(
    words(tapeOf(10, [[0, { do: "write", to: follower, count: 1 }]])),
    /refuses: it does not lead; member \d/,
  );
});

test("the same actions are the same history", () => {
  const actions: (readonly [number, LabAction])[] = [
    ...losing,
    [2000, { do: "start", who: leader }],
    [2500, { do: "drift-clock", who: other, rate: 1.5 }],
    [2500, { do: "link", from: 0, to: 0, delayMs: 30, jitterMs: 30, loss: 0.1, duplicates: 0.1 }],
    [3000, { do: "fill-disk", who: leader }],
  ];
  const one = tapeOf(8000, actions);
  const run = JSON.parse(JSON.stringify(worldOf(actions).run)) as unknown;
  const again = new LabWorld(readLabRun(run));
  for (let at = 0; at <= (settledMs + 8000) * 1000; at += 333_000) again.advance(at);
  again.advance((settledMs + 8000) * 1000);
  assert.equal(again.tape.hash, one.hash);
});

const bad: readonly { readonly what: string; readonly action: unknown }[] = [
  { what: "a clock that stands still", action: { do: "drift-clock", who: 1, rate: 0 } },
  {
    what: "a loss of more than all",
    action: { do: "link", from: 1, to: 2, delayMs: 1, jitterMs: 1, loss: 2, duplicates: 0 },
  },
  { what: "a jitter that is missing", action: { do: "link", from: 1, to: 2, delayMs: 1, loss: 0, duplicates: 0 } },
  { what: "a member in two groups", action: { do: "partition", groups: [[1], [1, 2]] } },
  { what: "groups that are none", action: { do: "partition", groups: 3 } },
  { what: "a negative bound", action: { do: "timing", by: 1, electionTimeoutMs: 100, clockDriftPpm: -1 } },
  { what: "a disk of nobody", action: { do: "wipe-disk", who: 0 } },
];

for (const { what, action } of bad) {
  test(`an action with ${what} is refused in words`, () => {
    assert.throws(() => readTimedAction({ at: 1, action }), LabActionError);
  });
}

test("a setup with a drift bound that is none is refused", () => {
  const run = (clockDriftPpm: unknown): unknown => ({ seed: 1, setup: { ...setup, clockDriftPpm }, actions: [] });
  assert.throws(() => readLabRun(run(600_000)), LabActionError);
  assert.equal((readLabRun(run(20_000)) as LabRun & { setup: FreeSetup }).setup.clockDriftPpm, 20_000);
});
