import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { main } from "../src/program.ts";

let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-plan-"));
});
after(() => rmSync(folder, { recursive: true }));

function file(name: string, content: unknown): string {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  return path;
}

/** The command within this process, which is much quicker than one of its own. The test runner itself writes bytes. */
async function run(...args: readonly string[]) {
  const written = { stdout: "", stderr: "" };
  const mocks = (["stdout", "stderr"] as const).map((name) => {
    const write = process[name].write.bind(process[name]);
    return mock.method(process[name], "write", (chunk: string | Uint8Array) => {
      if (typeof chunk !== "string") return write(chunk);
      written[name] += chunk;
      return true;
    });
  });
  try {
    return Object.assign(written, { code: await main(["plan", ...args]) });
  } finally {
    for (const each of mocks) each.mock.restore();
  }
}

async function plan(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

test("six members with a quorum of three: 20 of 62 splits, 32.3 %, and it is said not to be safe", async () => {
  const text = await plan("--members", "6", "--quorum", "3");
  assert.match(text, /6 voters, of which 3 decide\n {2}NOT SAFE.* 4 is the smallest safe quorum/);
  assert.match(text, /of 62 ways, 20 leave two leaders \(32\.3 %\)/);
  const json = JSON.parse(await plan("--members", "6", "--quorum", "3", "--link-failure", "10%", "--json"));
  assert.deepEqual([json.splits.two, json.splits.all, json.quorum.isSafe], [20, 62, false]);
  assert.ok(json.partitions.two > 0);
});

test("five members as people read it: what may fail, and that a fourth member is worse than three", async () => {
  const text = await plan("--members", "5");
  assert.match(text, /^5 voters, of which 3 decide\n {2}Safe: .*\n {2}2 voters may fail, whichever; with 3 down/);
  assert.match(text, /\n {2}4 +3 +1 +3\.15 min +\S+ worse than 3\n/);
  assert.match(text, /an example; say yours with --availability/);
});

test("a round trip of 10 ms gives timers from 150 to 300 ms, and two slow members of five move nothing", async () => {
  const json = JSON.parse(await plan("--members", "5", "--rtt", "10", "--json"));
  const { timeoutMs, windowMs } = json.election.suggested;
  assert.deepEqual([timeoutMs, timeoutMs + windowMs], [150, 300]);
  const p99s = json.latency.slow.map(({ latency }: { latency: { p99: number } }) => latency.p99);
  assert.deepEqual(p99s, [11, 11, 11]);
});

test("the quorum-th fastest decides: of four followers the second, the leader counted", async () => {
  const json = JSON.parse(await plan("--rtt", "40,10,30,20", "--fsync", "0", "--json"));
  assert.equal(json.members.length, 5);
  assert.deepEqual(json.latency.leaders, [{ leader: "1", p50: 20, p99: 20, p999: 20 }]);
});

test("a table compares every leader, one for zones spreads over their members, and --leader takes one row", async () => {
  const rtt = [
    [0, 10, 80],
    [10, 0, "60/70"],
    [80, "60/70", null],
  ];
  const table = file("table.json", { members: ["a", "b", "c"], rtt, fsync: [1, "1/5", [0.9, 1.1, 4]] });
  const { latency, members } = JSON.parse(await plan("--rtt", table, "--json"));
  assert.deepEqual(
    members.map(({ name }: { name: string }) => name),
    ["a", "b", "c"],
  );
  assert.deepEqual(
    latency.leaders.map(({ leader }: { leader: string }) => leader),
    ["b", "a", "c"],
  );
  const one = JSON.parse(await plan("--rtt", table, "--leader", "c", "--json"));
  assert.deepEqual(one.latency.leaders.length, 1);
  const zones = file("zones.json", [
    [1, 10, 20],
    [10, 1, 20],
    [20, 20, 1],
  ]);
  const spread = JSON.parse(await plan("--zones", "x:2,y:2,z:1", "--rtt", zones, "--fsync", "0", "--json"));
  assert.deepEqual(
    spread.latency.leaders.map(({ leader, p50 }: { leader: string; p50: number }) => `${leader} ${p50}`),
    ["x1 10", "x2 10", "y1 10", "y2 10", "z 20"],
  );
});

test("zones that fail, a change under way and learners are in the plan", async () => {
  const text = await plan(
    "--zones",
    "a:2,b:2,c:1",
    "--availability",
    "30d/1h",
    "--zone-availability",
    "365d/4h",
    "--to",
    "3",
    "--stay",
    "2",
    "--learners",
    "2",
  );
  assert.match(text, /^5 voters in 3 zones and 2 learners, of which 3 decide/);
  assert.match(text, /While it changes from 5 to 3 voters \(2 in both sets, 6 in all\)/);
  assert.match(
    text,
    /Every decision needs 3 of the old 5 and 2 of the new 3: 3 members at least\.\n {2}1 voter may fail/,
  );
  assert.match(text, /Up 99\.9995\d* % of the time/);
});

test("timers that are asked for are judged, and a window that is too narrow is called so", async () => {
  const text = await plan("--members", "3", "--rtt", "100", "--election-timeout", "500", "--window", "60");
  assert.match(text, /Suggested: timers from 1,000 to 2,000 ms \(10 round trips\)/);
  assert.match(text, /Computed for timers from 500 to 560 ms/);
  assert.match(text, /Most elections would be split .*too narrow/);
});

test("the plots go into an SVG file", async () => {
  const path = join(folder, "plan.svg");
  await plan("--members", "5", "--rtt", "10/30", "--svg", path);
  const svg = readFileSync(path, "utf8");
  assert.match(svg, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^]*<\/svg>\n$/);
  for (const title of ["Out of service a year", "Commit latency by who leads", "Probability of a split vote"]) {
    assert.ok(svg.includes(title), title);
  }
  assert.ok(!/NaN|undefined|Infinity/.test(svg));
});

const wrong: readonly (readonly [readonly string[], number, RegExp])[] = [
  [[], 2, /Say how many members there are \(--members 5\)/],
  [["--members", "0"], 2, /A whole number from 1 to 1000 is needed/],
  [["--members", "5", "--quorum", "6"], 2, /quorum of 5 voters is a whole number from 1 to 5, not 6/],
  [["--zones", "a:2,b"], 2, /"b" is not of the form zone:count/],
  [["--zones", "a:2,a:1"], 2, /names a zone twice/],
  [["--zones", "a:2", "--members", "3"], 2, /--members says 3, but --zones a:2 has 2/],
  [["--members", "5", "--rtt", "1,2"], 2, /--members says 5, but --rtt has times for 3/],
  [["--members", "3", "--rtt", "40/10"], 2, /p99 of 10 ms is below its median of 40 ms/],
  [["--members", "3", "--rtt", "1/2/3"], 2, /neither a time in ms/],
  [
    ["--members", "3", "--rtt", "nowhere.json"],
    1,
    /nowhere\.json is no list of times, and as a file it cannot be read/,
  ],
  [["--members", "3", "--fsync", "1"], 2, /give the round trips with --rtt/],
  [["--members", "3", "--availability", "often"], 2, /neither an availability|not a part of a whole/],
  [["--members", "3", "--availability", "3w/1h"], 2, /neither an availability \(99\.9%\) nor two times/],
  [["--members", "3", "--zone-availability", "99%"], 2, /say which voters are in one with --zones/],
  [["--members", "20", "--link-failure", "1%"], 2, /group members with --zones/],
  [["--members", "3", "--stay", "2"], 2, /say to how many with --to/],
  [["--members", "3", "--to", "5", "--stay", "4"], 2, /that stay is a whole number from 0 to 3/],
  [["--cluster", "127.0.0.1:1", "--members", "3"], 2, /--members is read from the cluster/],
  [["--cluster", "127.0.0.1:1"], 1, /No member answered/],
  [["--members", "3", "--svg", "/nowhere/plan.svg"], 1, /plan\.svg could not be written/],
];

for (const [args, exit, says] of wrong) {
  test(`quorate plan ${args.join(" ")} ends with ${exit} and says what to do`, async () => {
    const { code, stdout, stderr } = await run(...args);
    assert.deepEqual([code, stdout], [exit, ""]);
    assert.match(stderr, says);
    assert.ok(!stderr.includes("    at "), stderr);
  });
}

test("tables that are none are refused with the place that is wrong", async () => {
  for (const [content, says] of [
    ["{", /is not JSON/],
    [{ rtt: 5 }, /has no table/],
    [null, /has no table/],
    [[[0, 1], [1]], /row 2 of "rtt" is not a list of 2 times/],
    [
      [
        [0, -1],
        [1, 0],
      ],
      /"rtt" row 1 column 2 is not a time/,
    ],
    [
      [
        [0, "x"],
        [1, 0],
      ],
      /"rtt" row 1 column 2: "x" is neither/,
    ],
    [
      {
        rtt: [
          [0, 1],
          [1, 0],
        ],
        members: ["a", "a"],
      },
      /list of 2 different names/,
    ],
    [
      {
        rtt: [
          [0, 1],
          [1, 0],
        ],
        fsync: [1],
      },
      /"fsync" is one time, or a list of 2/,
    ],
  ] as const) {
    const { code, stderr } = await run("--rtt", file("wrong.json", content));
    assert.equal(code, 2);
    assert.match(stderr, says);
  }
});
