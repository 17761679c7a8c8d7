import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { formatHistory } from "@quorate/simulator/linearizability";
import type { KeyValueInput, KeyValueOutput, Operation } from "@quorate/simulator/linearizability";
import { quorateCommand, runProgram } from "../../../test/harness/quorate-command.ts";

const [program, ...first] = quorateCommand();
let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-check-"));
});
after(() => rmSync(folder, { recursive: true }));

type KeyOperation = Operation<KeyValueInput, KeyValueOutput>;

const put = (process: number, call: number, value: string): KeyOperation => ({
  process,
  call,
  return: call + 5,
  input: { kind: "put", key: "k", value },
  output: undefined,
});
const get = (process: number, call: number, value: string): KeyOperation => ({
  process,
  call,
  return: call + 5,
  input: { kind: "get", key: "k" },
  output: { value },
});
const good = [put(0, 0, "1"), put(0, 10, "2"), get(1, 12, "1"), get(1, 20, "2")];
const stale = [...good, get(2, 30, "1")];

/** Every value twice, and thirty clients at once: more orders than can be tried. */
function tangled(): KeyOperation[] {
  const puts = Array.from({ length: 300 }, (_, at) => put(at % 30, Math.floor(at / 30) * 10, `v${at % 150}`));
  return [...puts.map((each) => Object.assign(each, { return: each.call + 25 })), get(99, 1000, "none")];
}

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function check(...args: readonly string[]) {
  return runProgram(program, [...first, "check", ...args]);
}

test("a linearizable history ends with 0, and says what was checked", async () => {
  const { code, stdout, stderr } = await check(file("good.jsonl", formatHistory("key-value", good)));
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /good\.jsonl: linearizable \(4 operations on 1 key,/);
});

test("a history that is not ends with 1, says why, and is drawn", async () => {
  const [svg, html] = [join(folder, "why.svg"), join(folder, "why.html")];
  const path = file("stale.jsonl", formatHistory("key-value", stale));
  const { code, stdout } = await check(path, "--svg", svg, "--html", html);
  assert.equal(code, 1);
  assert.match(stdout, /NOT LINEARIZABLE[^]*no place|No order has a place for client 2's “get 1”/);
  assert.match(readFileSync(svg, "utf8"), /^<svg [^]*<\/svg>$/);
  assert.match(readFileSync(html, "utf8"), /^<!doctype html>[^]*<svg /);
});

test("with --json, verdict and operations are for programs", async () => {
  const { code, stdout } = await check(file("j.jsonl", formatHistory("key-value", stale)), "--json");
  assert.equal(code, 1);
  const { verdict, notLinearizable, offending } = JSON.parse(stdout) as Record<string, unknown>;
  assert.deepEqual([verdict, notLinearizable], ["not-linearizable", 1]);
  const [{ partition, blocked }] = offending as [{ partition: string; blocked: number }];
  assert.deepEqual([partition, blocked], ["k", 4]);
});

test("logs of both other formats are recognised", async () => {
  const register = "INFO  jepsen.util - 0\t:invoke\t:read\tnil\nINFO  jepsen.util - 0\t:ok\t:read\t1\n";
  assert.equal((await check(file("a.log", register))).code, 1);
  const event = (type: string, value: string) => `{:process 0, :type :${type}, :f :get, :key "0", :value ${value}}\n`;
  assert.equal((await check(file("b.txt", event("invoke", "nil") + event("ok", '""')))).code, 0);
});

test("beyond a limit the verdict is undecided, which ends with 2", async () => {
  const path = file("t.jsonl", formatHistory("key-value", tangled()));
  const { code, stdout } = await check(path, "--max-steps", "20000");
  assert.equal(code, 2);
  assert.match(stdout, /undecided[^]*--max-steps raises it/);
});

test("what cannot be read ends with 2 and one line that says why", async () => {
  const wrong = [
    [join(folder, "nowhere"), /ENOENT/],
    [file("empty", ""), /no known format/],
    [
      file("header.jsonl", formatHistory("key-value", [])),
      /no operation in this file, read as jsonl: there is nothing to/,
    ],
    [file("bad.jsonl", '{"quorate":"history","version":1,"model":"register"}\n{"process":1}\n'), /Line 2: "call"/],
    [file("noise", "\u0000\u0001 something\n"), /no known format/],
  ] as const;
  const ends = await Promise.all(wrong.map(([path]) => check(path)));
  wrong.forEach(([, says], at) => {
    const { code, stdout, stderr } = ends[at] as (typeof ends)[number];
    assert.deepEqual([code, stdout, stderr.split("\n").length], [2, "", 2]);
    assert.match(stderr, says);
  });
});

test("an interrupt ends a long check at once", async () => {
  const path = file("long.jsonl", formatHistory("key-value", tangled()));
  const args = [...first, "check", path, "--max-steps", "1000000000000", "--max-configurations", "10000000"];
  const child = spawn(program, args, { stdio: "ignore" });
  const ended = once(child, "exit");
  await Promise.race([ended, delay(1500)]);
  assert.equal(child.exitCode, null, "it is still at it");
  child.kill("SIGINT");
  const begun = performance.now();
  const [, signal] = (await ended) as [number | null, string | null];
  assert.equal(signal, "SIGINT");
  assert.ok(performance.now() - begun < 2000);
});
