import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { catalogue, Examination, type Report } from "@quorate/doctor";
import { readLogs } from "../src/doctor/read-logs.ts";
import { reproducedBy } from "../src/doctor/reproduced-by.ts";
import { sampleLog } from "../src/doctor/sample.ts";
import { stories } from "../src/stories/library.ts";

function examination(): Examination {
  return new Examination({ decode: (bytes) => new TextDecoder().decode(bytes) });
}

async function read(
  logs: readonly (readonly [name: string, content: string | Uint8Array<ArrayBuffer>])[],
  mostBytes?: number,
): Promise<Report> {
  const examined = examination();
  const inputs = logs.map(([name, content]) => ({ name, content: new Blob([content]) }));
  const options = { advanced: () => {}, signal: new AbortController().signal };
  await readLogs(examined, inputs, mostBytes === undefined ? options : { ...options, mostBytes });
  return examined.report();
}

test("every finding leads to comparisons that exist, or is of what modelled clusters do not have", () => {
  assert.deepEqual(Object.keys(reproducedBy).sort(), Object.keys(catalogue).sort());
  for (const [id, names] of Object.entries(reproducedBy)) {
    assert.equal(new Set(names).size, names.length, id);
    for (const name of names) assert.ok(stories.find((story) => story.name === name) !== undefined, `${id}: ${name}`);
  }
  const without = Object.entries(reproducedBy).filter(([, names]) => names.length === 0);
  assert.deepEqual(
    without.map(([id]) => id),
    ["slow-disk", "overload", "snapshot-loop", "log-growth", "wrong-cluster", "apply-lag", "no-space"],
  );
});

test("the sample is a follower that has long diverged", async () => {
  const { findings } = await read([["leader.log", sampleLog]]);
  assert.deepEqual(
    findings.map(({ id }) => id),
    ["extensive-divergence"],
  );
});

test("the sample's refusals have their places: each at its time, its index and the follower's term falling", async () => {
  const { findings } = await read([["leader.log", sampleLog]]);
  const [finding] = findings;
  assert.deepEqual(finding?.parts, { from: 0, until: 1 });
  assert.deepEqual(
    finding?.evidence.map(({ part, refusal }) => [
      part.toFixed(2),
      refusal?.of,
      refusal?.index,
      refusal?.term,
      refusal?.own,
    ]),
    [
      ["0.00", "D", 400100, 12, 11],
      ["0.33", "D", 400050, 12, 10],
      ["0.67", "D", 399000, 12, 8],
      ["1.00", undefined, undefined, undefined, undefined],
    ],
  );
});

test("what gzip packed is read as what it was; what cannot be unpacked says so, and the others are read", async () => {
  const packed = new Uint8Array(gzipSync(sampleLog));
  const plain = await read([["leader.log", sampleLog]]);
  assert.deepEqual(await read([["leader.log", packed]]), plain);
  const { findings, sources } = await read([
    ["cut.gz", packed.subarray(0, packed.length - 20)],
    ["other.zst", new Uint8Array(zstdCompressSync(sampleLog))],
    ["leader.log", sampleLog],
  ]);
  assert.equal(findings.length, 1);
  assert.match(sources[0]?.problems.join() ?? "", /could not be read to its end/);
  assert.match(sources[1]?.problems.join() ?? "", /zstd/);
  assert.deepEqual(sources[2]?.problems, []);
});

test("logs of one name are told apart", async () => {
  const { sources } = await read([
    ["etcd.log", sampleLog],
    ["etcd.log", sampleLog],
  ]);
  assert.deepEqual(
    sources.map(({ name }) => name),
    ["etcd.log", "etcd.log (2)"],
  );
});

test("so many bytes are read and no more, packed ones counted as what they unpack to, and the report says so", async () => {
  const long = sampleLog.repeat(1000);
  const exact = await read([["a", long]], long.length);
  assert.deepEqual(exact.sources[0]?.problems, []);
  const { sources } = await read(
    [
      ["a", new Uint8Array(gzipSync(long))],
      ["b", sampleLog],
    ],
    10_000,
  );
  assert.equal(sources[0]?.bytes, 10_000);
  for (const { problems } of sources) assert.match(problems.join(), /its rest was not read/);
});

test("reading rests again and again, tells how far it is, and ends when it is told to", async () => {
  const content = new Blob([sampleLog.repeat(40_000)]);
  const stop = new AbortController();
  const told: number[] = [];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const advanced = (bytes: number): void => {
    told.push(bytes);
    if (told.length === 4) stop.abort();
  };
  await assert.rejects(readLogs(examination(), [{ name: "a", content }], { advanced, signal: stop.signal }), {
    name: "AbortError",
  });
  clearInterval(timer);
  assert.equal(told.length, 4);
  assert.ok(ticks >= 2, "others had their turn in between");
  assert.ok((told.at(-1) ?? 0) < content.size);
  assert.deepEqual(
    told,
    [...told].sort((a, b) => a - b),
  );
});
