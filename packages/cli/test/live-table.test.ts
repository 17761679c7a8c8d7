import assert from "node:assert/strict";
import { test } from "node:test";
import { AppliedRate } from "../src/dev/applied-rate.ts";
import { plainScreen } from "../src/dev/live-screen.ts";
import { renderLine, renderSituation, renderTable } from "../src/dev/live-table.ts";
import type { MemberRow } from "../src/dev/member-row.ts";
import type { MemberReport } from "../src/serve/member-report.ts";
import { isMemberReport } from "../src/serve/member-report.ts";

function report(memberId: number, role: string, overrides: Partial<MemberReport> = {}): MemberReport {
  return {
    type: "member-report",
    memberId,
    role,
    term: 3,
    leader: 11,
    lastIndex: 1042,
    commitIndex: 1041,
    appliedIndex: 1040,
    roundTripMs: 0.254,
    syncMs: 0.118,
    quarantined: false,
    ...overrides,
  };
}

function row(name: string, of: Partial<MemberRow>): MemberRow {
  return {
    name,
    clientUrl: `http://127.0.0.1:${name.slice(1)}2379`,
    state: { kind: "running", pid: 4000 + Number(name.slice(1)) },
    memberId: 10 + Number(name.slice(1)),
    report: undefined,
    appliedPerSecond: 0,
    ...of,
  };
}

const three: readonly MemberRow[] = [
  row("m1", { report: report(11, "leader"), appliedPerSecond: 812.4 }),
  row("m2", { report: report(12, "follower", { roundTripMs: undefined, commitIndex: 1039 }), appliedPerSecond: 811.9 }),
  row("m3", { state: { kind: "waiting", reason: "ended (SIGKILL); see m3.log", restartInMs: 1450 } }),
];

test("the table shows who leads, how far everyone is, and who is down and why", () => {
  assert.deepEqual(renderTable(three, 200), [
    "MEMBER   PID  ROLE      TERM  LEADER  LAST  COMMIT  APPLIED  WRITES/S  RTT MS  FSYNC MS  CLIENTS",
    "m1      4001  leader       3  m1      1042    1041     1040       812    0.25      0.12  http://127.0.0.1:12379",
    "m2      4002  follower     3  m1      1042    1039     1040       812       -      0.12  http://127.0.0.1:22379",
    "m3         -  down         -  -          -       -        -         -       -         -  http://127.0.0.1:32379",
    "m3: ended (SIGKILL); see m3.log; starts again in 1.4 s",
  ]);
});

test("no line is longer than the terminal is wide, so that drawing over it works", () => {
  for (const width of [20, 50, 80]) {
    for (const line of renderTable(three, width)) assert.ok(line.length <= width, line);
  }
});

test("a member that has not reported is starting, a stopped one says why, a quarantined one is marked", () => {
  const lines = renderTable(
    [
      row("m1", {}),
      row("m2", { state: { kind: "stopped", reason: "ended (exit code 2); see m2.log" } }),
      row("m3", { report: report(13, "follower", { quarantined: true, leader: 0 }) }),
    ],
    200,
  );
  assert.match(lines[1] ?? "", /m1 .*starting/);
  assert.match(lines[2] ?? "", /m2 .*stopped/);
  assert.match(lines[3] ?? "", /m3 .*follower \(quarantined\)/);
  assert.equal(lines[4], "m2: ended (exit code 2); see m2.log");
});

test("a leader that is down keeps its name until another leads", () => {
  const down = row("m1", { state: { kind: "waiting", reason: "ended (SIGKILL)", restartInMs: 500 } });
  assert.match(renderTable([down, row("m2", { report: report(12, "follower") })], 200)[2] ?? "", /follower +3 +m1/);
});

test("a leader that is not in the table is unknown, not blank", () => {
  assert.match(renderTable([row("m2", { report: report(12, "follower") })], 200)[1] ?? "", /follower +3 +\?/);
});

test("one line says the same for logs and pipes", () => {
  assert.equal(
    renderLine(three),
    "m1 leader term 3 index 1042/1041/1040 812 writes/s | m2 follower term 3 index 1042/1039/1040 812 writes/s | m3 down",
  );
  assert.equal(
    renderSituation(three),
    "m1 (pid 4001): leader in term 3, leader m1; m2 (pid 4002): follower in term 3, leader m1; m3: down",
  );
});

test("the plain screen prints a change at once, and otherwise only now and then", () => {
  const lines: string[] = [];
  let nowMs = 0;
  const screen = plainScreen(
    (line) => lines.push(line),
    () => nowMs,
  );
  screen.show(three);
  screen.show(three);
  nowMs = 9_999;
  screen.show(three);
  assert.equal(lines.length, 1);
  nowMs = 10_000;
  screen.show(three);
  assert.equal(lines[1], renderLine(three));
  screen.show(three.slice(0, 2));
  assert.equal(lines[2], renderSituation(three.slice(0, 2)));
});

test("the rate is that of the last two seconds, and starts again with a new process", () => {
  const rate = new AppliedRate();
  assert.equal(rate.perSecond, 0);
  for (let second = 0; second <= 10; second += 1) rate.add(second * 1000, second < 5 ? second * 100 : 500);
  assert.equal(rate.perSecond, 0);
  rate.add(10_500, 1000);
  assert.ok(Math.abs(rate.perSecond - 500 / 1.5) < 100, String(rate.perSecond));
  rate.add(11_000, 3);
  assert.equal(rate.perSecond, 0);
});

test("only a member report is taken from a child process", () => {
  assert.ok(isMemberReport(report(1, "leader")));
  for (const other of [undefined, null, 7, "member-report", {}, { type: "other" }]) assert.ok(!isMemberReport(other));
});
