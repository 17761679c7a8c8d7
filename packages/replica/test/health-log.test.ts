import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogFields } from "@quorate/host";
import { silentLogger } from "@quorate/host";
import type { Message } from "@quorate/raft";
import { HealthLog, type Standing } from "../src/health-log.ts";
import { PeerWatch } from "../src/peer-watch.ts";

interface Line {
  readonly message: string;
  readonly fields: LogFields;
}

function recorded(): { readonly lines: Line[]; readonly logger: typeof silentLogger } {
  const lines: Line[] = [];
  const say = (message: string, fields: LogFields = {}): void => void lines.push({ message, fields });
  return { lines, logger: { debug: say, info: say, warn: say, error: say } };
}

function healthLog() {
  const { lines, logger } = recorded();
  let standing: Standing = { commitIndex: 0, appliedIndex: 0, baseIndex: 0, writtenBytes: 0 };
  const log = new HealthLog({ logger, electionTimeoutMs: () => 1000, keepLogBytes: 0, standing: () => standing });
  const look = (now: number, change: Partial<Standing>): void => {
    standing = { ...standing, ...change };
    log.look(now);
  };
  return { lines, log, look };
}

test("a slow write is told of at once, more of them once in ten seconds, with the worst", () => {
  const { lines, log } = healthLog();
  let sequence = 0;
  const store = (now: number, tookMs: number): void => {
    log.given(now - tookMs, ++sequence);
    log.stored(now, sequence);
  };
  for (let now = 1000; now < 9000; now += 300) store(now, 249);
  assert.equal(lines.length, 0);
  store(9500, 300);
  for (let now = 10_500; now < 19_500; now += 1000) store(now, now === 12_500 ? 900 : 400);
  assert.deepEqual(lines, [{ message: "storing in the log takes long", fields: { tookMs: 300, times: 1 } }]);
  store(19_500, 260);
  assert.deepEqual(lines.at(-1)?.fields, { tookMs: 900, times: 10 });
  assert.equal(lines.length, 2);
});

test("a disk that stands still is told of while it does, and one that is always given more is quick if each write is", () => {
  const { lines, log, look } = healthLog();
  for (let now = 0; now < 5000; now += 100) {
    log.given(now, now + 1);
    log.given(now, now + 2);
    log.stored(now + 100, now + 1);
  }
  assert.equal(lines.length, 0);
  for (let now = 5000; now < 6000; now += 100) look(now, {});
  assert.deepEqual(lines[0]?.fields, { tookMs: 300, times: 1 });
});

test("applying that keeps up late is no line, and applying that does not is one", () => {
  const { lines, look } = healthLog();
  for (let now = 0; now < 10_000; now += 100) {
    look(now, { commitIndex: now + 50, appliedIndex: now });
  }
  assert.equal(lines.length, 0);
  for (let now = 10_000; now < 13_000; now += 100) {
    look(now, { commitIndex: 20_000, appliedIndex: 12_000 });
  }
  assert.deepEqual(lines, [{ message: "applying is behind what is committed", fields: { entries: 8000, times: 1 } }]);
});

test("a log that loses its beginning may be written to without end, and one that does not is told of at each doubling", () => {
  const { lines, look } = healthLog();
  const mebibyte = 1024 * 1024;
  for (let mib = 0; mib < 2000; mib += 50) look(0, { writtenBytes: mib * mebibyte, baseIndex: mib });
  assert.equal(lines.length, 0);
  for (let mib = 2000; mib < 4200; mib += 8) look(0, { writtenBytes: mib * mebibyte, baseIndex: 2000 });
  assert.deepEqual(
    lines.map(({ fields }) => Number(fields["bytes"]) / mebibyte),
    [256, 512, 1024, 2048],
  );
});

const preVote: Message = { type: "pre-vote-request", term: 3, electionTerm: 4, last: { index: 1, term: 1 } };

test("who asks for votes again and again while its leader is heard is told of, once in ten seconds", () => {
  const { lines, logger } = recorded();
  const watch = new PeerWatch(logger);
  for (let now = 0; now <= 12_000; now += 1000) watch.heard(now, 3, preVote, { term: 3, leader: 1 });
  assert.deepEqual(
    lines.map(({ fields }) => fields),
    [
      { peer: "3", times: 3 },
      { peer: "3", times: 13 },
    ],
  );
});

test("requests of an election in which no leader is known, or of different leaders' times, are none of that", () => {
  const { lines, logger } = recorded();
  const watch = new PeerWatch(logger);
  for (let now = 0; now < 20_000; now += 1000) watch.heard(now, 3, preVote, { term: 3, leader: 0 });
  for (let now = 0; now < 20_000; now += 1000)
    watch.heard(now, 3, preVote, { term: now, leader: 1 + ((now / 1000) % 2) });
  assert.equal(lines.length, 0);
});

test("refusals of a follower are told of, a bounded number at a time", () => {
  const { lines, logger } = recorded();
  const watch = new PeerWatch(logger);
  for (let index = 1000; index > 900; index--) {
    const conflict = { index: index - 1, term: 2, firstIndex: 5 };
    watch.heard(0, 2, { type: "append-rejected", term: 3, rejected: index, conflict }, { term: 3, leader: 1 });
  }
  assert.equal(lines.length, 8);
  assert.equal(lines[0]?.message, "member 2 has another log: it refused what follows 1000@3, and has term 2 there");
});
