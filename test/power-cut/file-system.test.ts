import assert from "node:assert/strict";
import { test } from "node:test";
import { FileSystem } from "./file-system.ts";
import type { Operation, Recorded } from "./operations.ts";
import { SeededRandom } from "./random.ts";
import {
  contentPolicies,
  namePolicies,
  sizePolicies,
  survivorOf,
  visible,
  type Losses,
  type Policies,
  type Survivor,
} from "./survivors.ts";

const folder = "/f";
const file = "/f/m/a";

/** Operations that each return before the next begins. */
function recordedOf(operations: readonly Operation[], bytes = new Uint8Array(20_000).fill(7)): Recorded {
  return { folder, operations, moments: operations.flatMap((_, index) => [index * 2, index * 2 + 1]), bytes };
}

const made: readonly Operation[] = [
  { kind: "mkdir", path: "/f/m" },
  { kind: "sync", path: "/f" },
];
const create = (path = file): Operation => ({ kind: "open", path, create: true, truncate: false });
const write = (offset: number, length: number, path = file): Operation => ({
  kind: "write",
  path,
  offset,
  at: 0,
  length,
});
const sync = (path: string): Operation => ({ kind: "sync", path });

function after(operations: readonly Operation[], moments = Number.POSITIVE_INFINITY): FileSystem {
  const recorded = recordedOf([...made, ...operations]);
  const system = new FileSystem(recorded);
  for (const moment of recorded.moments.slice(0, moments)) system.pass(moment);
  return system;
}

function left(system: FileSystem, policies: Policies, seed = 1): ReadonlyMap<string, Survivor> {
  const losses: Losses = { blocks: 0, lostBlocks: 0, names: 0, lostNames: 0, otherSizes: 0 };
  const survivor = survivorOf(system, "m", policies, new SeededRandom(seed), losses);
  assert.equal(survivor?.kind, "directory");
  return survivor.entries;
}

function bytesOf(survivor: Survivor | undefined): Uint8Array | undefined {
  return survivor?.kind === "file" ? survivor.bytes : undefined;
}

const worst: Policies = { content: "nothing", size: "no sizes", name: "no names" };
const best: Policies = { content: "everything", size: "all sizes", name: "all names" };

test("a synced file vanishes when its name was not synced", () => {
  const system = after([create(), write(0, 100), sync(file)]);
  assert.equal(left(system, worst).size, 0);
  assert.equal(bytesOf(left(system, best).get("a"))?.length, 100);
});

test("a synced name keeps a file whose contents were not synced, empty", () => {
  const system = after([create(), write(0, 100), sync("/f/m")]);
  assert.deepEqual(bytesOf(left(system, worst).get("a")), new Uint8Array(0));
});

test("what is synced by file and by name survives whatever else is lost", () => {
  const system = after([create(), write(0, 5000), sync(file), sync("/f/m")]);
  for (const content of contentPolicies) {
    for (const size of sizePolicies) {
      for (const name of namePolicies) {
        assert.deepEqual(bytesOf(left(system, { content, size, name }).get("a")), new Uint8Array(5000).fill(7));
      }
    }
  }
});

test("a sync covers nothing before it has returned", () => {
  const operations = [create(), sync("/f/m"), write(0, 100), sync(file)];
  // Two moments for each operation: the last one is the return of the last sync.
  const all = (made.length + operations.length) * 2;
  assert.equal(bytesOf(left(after(operations, all - 1), worst).get("a"))?.length, 0);
  assert.equal(bytesOf(left(after(operations, all), worst).get("a"))?.length, 100);
});

test("a sync does not cover a write that began before it and returned after it had begun", () => {
  const operations = [...made, create(), sync("/f/m"), write(0, 100), sync(file)];
  const numbers = operations.map((_, index) => index);
  const [writing = 0, syncing = 0] = numbers.slice(-2);
  const moments = numbers.slice(0, -2).flatMap((index) => [index * 2, index * 2 + 1]);
  moments.push(writing * 2, syncing * 2, writing * 2 + 1, syncing * 2 + 1);
  const system = new FileSystem({ ...recordedOf(operations), moments });
  for (const moment of moments) system.pass(moment);
  assert.equal(bytesOf(left(system, worst).get("a"))?.length, 0);
});

test("a rename is atomic: the old file under the target's name, or the new one and no source", () => {
  const operations = [
    create(),
    write(0, 10),
    sync(file),
    create("/f/m/b"),
    write(0, 20, "/f/m/b"),
    sync("/f/m/b"),
    sync("/f/m"),
  ];
  const system = after([...operations, { kind: "rename", path: "/f/m/b", to: file }]);
  const old = left(system, worst);
  assert.deepEqual([...old.keys()], ["a", "b"]);
  assert.equal(bytesOf(old.get("a"))?.length, 10);
  const renamed = left(system, best);
  assert.deepEqual([...renamed.keys()], ["a"]);
  assert.equal(bytesOf(renamed.get("a"))?.length, 20);
});

test("unsynced blocks are lost one by one, at boundaries of sectors and pages", () => {
  const system = after([create(), write(0, 16_384), sync("/f/m")]);
  const seen = new Set<number>();
  for (let seed = 0; seed < 50; seed++) {
    const bytes = bytesOf(
      left(system, { content: "half of the sectors", size: "all sizes", name: "no names" }, seed).get("a"),
    );
    assert.equal(bytes?.length, 16_384);
    for (let at = 0; at < bytes.length; at += 512) {
      const sector = bytes.subarray(at, at + 512);
      assert.ok(
        sector.every((byte) => byte === sector[0]),
        "a sector is written whole or not at all",
      );
    }
    seen.add(bytes.filter((byte) => byte === 7).length / 512);
  }
  assert.ok(seen.size > 5, "other sectors are lost each time");
});

test("a block holds one of the states that it had in memory", () => {
  const system = after([create(), write(0, 10), write(10, 10), sync("/f/m")]);
  const seen = new Set<string>();
  for (let seed = 0; seed < 200; seed++) {
    const survivors = left(system, { content: "few pages", size: "all sizes", name: "no names" }, seed);
    const bytes = bytesOf(survivors.get("a"));
    seen.add(`${bytes?.[0]}${bytes?.[10]}`);
  }
  assert.deepEqual([...seen].sort(), ["00", "70", "77"], "never the second write without the first");
});

test("what programs see holds every change in its order", () => {
  const operations: Operation[] = [create(), write(0, 100), { kind: "truncate", path: file, size: 50 }, write(60, 10)];
  const seen = visible(after(operations).root).entries.get("m");
  const bytes = bytesOf(seen?.kind === "directory" ? seen.entries.get("a") : undefined);
  assert.deepEqual(
    bytes,
    Uint8Array.from({ length: 70 }, (_, at) => (at < 50 || at >= 60 ? 7 : 0)),
  );
});

test("what a killed process was writing is in doubt, and nothing else is", () => {
  const operations: Operation[] = [create(), write(0, 100), create("/f/m/b"), write(0, 100, "/f/m/b")];
  const moments = (made.length + operations.length) * 2;
  const seen = visible(after(operations, moments - 1).root).entries.get("m");
  assert.equal(seen?.kind, "directory");
  const inDoubt = [...seen.entries].map(([name, child]) => [name, child.kind === "file" && child.inDoubt]);
  assert.deepEqual(inDoubt, [
    ["a", false],
    ["b", true],
  ]);
});

test("what a killed process was writing does not come back over what the next process has synced there", () => {
  const recorded = recordedOf([...made, create(), sync(file), sync("/f/m"), write(0, 600), write(0, 5000), sync(file)]);
  const killed = made.length + 3;
  const system = new FileSystem({
    ...recorded,
    bytes: new Uint8Array(20_000).fill(9),
    moments: recorded.moments.filter((moment) => moment !== killed * 2 + 1),
  });
  for (const moment of recorded.moments) if (moment !== killed * 2 + 1) system.pass(moment);
  for (const content of contentPolicies) {
    for (const size of sizePolicies) {
      const bytes = bytesOf(left(system, { ...worst, content, size }).get("a"));
      assert.deepEqual(bytes, new Uint8Array(5000).fill(9), `${content}, ${size}`);
    }
  }
});
