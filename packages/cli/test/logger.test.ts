import assert from "node:assert/strict";
import { test } from "node:test";
import { createLogger } from "../src/serve/logger.ts";
import { formatLogLine } from "../src/serve/pretty-log.ts";

test("JSON logs are one object per line, with level, time, member, message and fields", () => {
  const lines: string[] = [];
  const logger = createLogger({
    level: "info",
    format: "json",
    colour: false,
    member: "m1",
    write: (text) => lines.push(text),
  });
  logger.debug("not shown");
  logger.info("became leader", { term: 3, peers: [2, 3], nothing: undefined });
  assert.equal(lines.length, 1);
  const line = JSON.parse(lines[0] ?? "") as Record<string, unknown>;
  assert.match(String(line["time"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  assert.deepEqual(
    { ...line, time: "" },
    { level: "info", time: "", member: "m1", msg: "became leader", term: 3, peers: [2, 3] },
  );
});

test("pretty logs hold the same on a line for people", () => {
  const lines: string[] = [];
  const logger = createLogger({
    level: "debug",
    format: "pretty",
    colour: false,
    member: "m1",
    write: (text) => lines.push(text),
  });
  logger.warn("disk is slow", { ms: 120.5, path: "a b", note: "two\nlines" });
  assert.match(
    lines[0] ?? "",
    /^\d\d:\d\d:\d\d\.\d{3} WARN {2}m1 {2}disk is slow {2}ms=120\.5 path="a b" note="two\\nlines"\n$/,
  );
});

test("warnings and errors are coloured where colours are wanted", () => {
  const line = { level: "error", time: "2026-01-02T03:04:05.678Z", msg: "no" };
  assert.equal(formatLogLine(line, true), "\u001b[31m03:04:05.678 ERROR no\u001b[0m");
  assert.equal(formatLogLine(line, false), "03:04:05.678 ERROR no");
});
