import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Examination } from "../src/index.ts";
import { decode, examine, idsOf } from "./examine.ts";

const good = `{"level":"warn","ts":"2026-11-21T20:22:54.811Z","caller":"x.go:1","msg":"8e9e05c52164694d stepped down to follower since quorum is not active"}`;

test("any bytes in any pieces are read without an error, and the same in other pieces", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.constantFrom(good, `${good}\n`, '{"level":"', "\n").map((text) => new TextEncoder().encode(text)),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const examination = new Examination({ decode });
      const parts = examination.source("log");
      for (const bytes of pieces) parts.push(bytes);
      parts.end();
      const whole = examine({ log: Buffer.concat(pieces) });
      const report = examination.report();
      assert.deepEqual(report.findings, whole.findings);
      assert.equal(report.sources[0]?.lines, whole.sources[0]?.lines);
    }),
    { numRuns: 300 },
  );
});

test("a byte order mark takes nothing away from the first line", () => {
  const examination = new Examination({ decode: (bytes) => Buffer.from(bytes).toString("latin1") });
  const source = examination.source("log");
  for (const bytes of [[0xef], [0xbb, 0xbf], [...Buffer.from(`${good}\n`)]]) source.push(Uint8Array.from(bytes));
  source.end();
  const report = examination.report();
  assert.equal(report.sources[0]?.unknownLines, 0);
  assert.deepEqual(report.findings, examine({ log: Buffer.from(good) }).findings);
});

test("pieces may come in the same memory again and again, as Node.js's buffers do", () => {
  const text = Array.from({ length: 50 }, (_, at) => good.replace("54.811", `54.${at + 100}`)).join("\n");
  const all = Buffer.from(text);
  for (const size of [1, 7, 100, 1000, 5000]) {
    const examination = new Examination({ decode });
    const source = examination.source("log");
    const memory = Buffer.alloc(size);
    for (let at = 0; at < all.length; at += size) source.push(memory.subarray(0, all.copy(memory, 0, at)));
    source.end();
    assert.deepEqual(examination.report(), examine({ log: all }));
  }
});

test("lines of a log that are cut or garbled are read or passed over, never taken for more than they are", () => {
  fc.assert(
    fc.property(fc.nat(good.length), fc.string({ maxLength: 40 }), (at, garbage) => {
      const report = examine({ log: `${good.slice(0, at)}${garbage}\n${good}\n` });
      assert.ok(idsOf(report).includes("lost-quorum"));
    }),
    { numRuns: 300 },
  );
});

test("what is no text, has no known format or no end is said", () => {
  const { sources, findings } = examine({
    empty: "",
    binary: new Uint8Array(5000).map((_, at) => (at % 97 === 0 ? 10 : at % 7)),
    story: "Once upon a time.\nThere was a log.\n",
    long: "x".repeat(3 * 1024 * 1024),
  });
  const [empty, binary, story, long] = sources.map(({ problems }) => problems.join("; "));
  assert.match(empty ?? "", /empty/);
  assert.match(binary ?? "", /no text/);
  assert.match(story ?? "", /no line is of a format that is known/);
  assert.match(long ?? "", /longer than/);
  assert.deepEqual(findings, []);
});

test("after a line that is too long, reading goes on", () => {
  const examination = new Examination({ decode });
  const source = examination.source("log");
  for (let at = 0; at < 30; at++) source.push(new Uint8Array(100_000).fill(120));
  source.push(new TextEncoder().encode(`end of it\n${good}\n`));
  source.end();
  assert.deepEqual(idsOf(examination.report()), ["lost-quorum"]);
});

test("a flood of turns is kept in bounded memory, and what was found is found all the same", () => {
  const examination = new Examination({ decode, mostNotes: 2000 });
  const source = examination.source("log");
  for (let term = 2; term < 40_000; term++) {
    const at = new Date(1_700_000_000_000 + term * 700).toISOString();
    source.push(
      new TextEncoder().encode(
        `{"level":"info","ts":"${at}","caller":"x","msg":"8e9e05c52164694d became ${term % 2 === 0 ? "leader" : "follower"} at term ${term}"}\n`,
      ),
    );
  }
  source.end();
  const report = examination.report();
  assert.ok(report.coarseMs !== undefined);
  assert.ok(JSON.stringify(report).length < 3_000_000);
  assert.ok(idsOf(report).length > 0);
});

test("the report of a hundred thousand turns takes a moment, not minutes", () => {
  const examination = new Examination({ decode });
  const source = examination.source("log");
  const turns = Array.from({ length: 100_000 }, (_, term) => {
    const at = new Date(1_700_000_000_000 + term * 700).toISOString();
    return `{"level":"info","ts":"${at}","caller":"x","msg":"8e9e05c52164694d became ${term % 2 === 0 ? "leader" : "follower"} at term ${term + 2}"}\n`;
  });
  source.push(new TextEncoder().encode(turns.join("")));
  source.end();
  const before = process.cpuUsage();
  assert.deepEqual(idsOf(examination.report()), ["leader-flapping"]);
  const { user, system } = process.cpuUsage(before);
  assert.ok(user + system < 5_000_000, `${(user + system) / 1e6} s`);
});
