import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { assertSameHash, missingOn } from "../harness/compare-members.ts";
import { Cluster } from "../harness/cluster.ts";
import type { MemberProcess } from "../harness/member-process.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const electionTimeoutMs = 500;

/** One way of damaging a stopped member's log. */
interface Damage {
  readonly what: string;
  readonly harm: (log: string) => void;
  /** What the member then says of its log; undefined when it is none the worse. */
  readonly says: RegExp | undefined;
}

const damages: readonly Damage[] = [
  {
    what: "a flipped bit in the middle",
    harm: (log) => flipAt(segmentOf(log), middle(batchPlaces(log)) + 140),
    says: /0000000000000001\.wal, offset \d+: the batch's checksum/,
  },
  {
    what: "a lost tail",
    harm: (log) => writeAt(segmentOf(log), batchPlaces(log).at(-2) as number, new Uint8Array(64 * 1024)),
    says: /, offset \d+: no batch starts here, though batches? \d+ to \d+ were durable/,
  },
  {
    what: "both marks",
    harm: (log) => writeAt(join(log, "marks"), 0, new Uint8Array(8192).fill(0x5a)),
    says: undefined,
  },
  {
    what: "the newest segment's header",
    harm: (log) => flipAt(segmentOf(log), 100),
    says: /\.wal, offset 0: the segment header's checksum/,
  },
  {
    what: "every segment",
    harm: (log) => {
      for (const name of readdirSync(log)) if (name.endsWith(".wal")) rmSync(join(log, name));
    },
    says: /the segment is missing/,
  },
];

test("a member whose log was damaged has no voice, is healed by the others, and is as before", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs });
  const written = new Map<string, string>();
  const write = async (through: number, prefix: string, count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      await cluster.client(through).put(`${prefix}${i}`, `value ${i}`);
      written.set(`${prefix}${i}`, `value ${i}`);
    }
  };
  await write(0, "k/first/", 40);
  for (const [round, { what, harm, says }] of damages.entries()) {
    await context.test(`${what}: ${says === undefined ? "costs nothing" : "healed"}`, async () => {
      const leader = await cluster.untilServing();
      const [victim, other] = [(leader + 1) % 3, (leader + 2) % 3];
      const member = cluster.member(victim);
      await cluster.untilCaughtUp();
      assert.equal(await member.stop(), "code 0");
      harm(logOf(member));
      const before = member.log.length;
      await write(leader, `k/absent ${round}/`, 10);
      member.start();
      await cluster.untilCaughtUp();
      const told = (): string => member.log.slice(before);
      if (says === undefined) assert.doesNotMatch(told(), /no voice/);
      else {
        assert.match(told(), /the log is damaged, this member has no voice until it is healed/);
        assert.match(told(), says);
        await write(leader, `k/healing ${round}/`, 3);
        await until("it has its voice back", 20_000, async () => (/left quarantine/.test(told()) ? true : undefined));
      }
      await write(other, `k/after ${round}/`, 3);
      await cluster.untilCaughtUp();
      await assertSameHash(cluster);
      assert.deepEqual(await missingOn(cluster.client(victim), "k/", written), []);
      await soundAfterRestart(cluster, member);
    });
  }
});

/** A restart reports no damage any more, and so does `wal verify`, of a log that is in use. */
async function soundAfterRestart(cluster: Cluster, member: MemberProcess): Promise<void> {
  const before = member.log.length;
  assert.equal(await member.stop(), "code 0");
  member.start();
  await cluster.untilCaughtUp();
  assert.doesNotMatch(member.log.slice(before), /damage|no voice/);
  const verified = await runQuorate(["wal", "verify", member.options.dataDir]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
}

test("a damaged member alone with a sound one elects nobody and says what to do; the third heals it", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs });
  for (let i = 0; i < 20; i++) await cluster.client(0).put(`key ${i}`, "value");
  await cluster.untilCaughtUp();
  const [damaged, sound, third] = cluster.members as [MemberProcess, MemberProcess, MemberProcess];
  for (const member of cluster.members) assert.equal(await member.stop(), "code 0");
  flipAt(segmentOf(logOf(damaged)), middle(batchPlaces(logOf(damaged))) + 140);
  const before = damaged.log.length;
  const soundBefore = sound.log.length;
  damaged.start();
  sound.start();
  const told = (): string => damaged.log.slice(before);
  await until("it says that it waits in vain", 60_000, async () =>
    /no leader is there to heal it/.test(told()) ? true : undefined,
  );
  assert.match(told(), /restore one whole directory per member from copies/);
  for (const state of await cluster.states()) assert.equal(state?.leader ?? "0", "0", "nobody was elected");
  assert.doesNotMatch(sound.log.slice(soundBefore), /is leader|became leader/);
  third.start();
  await cluster.untilCaughtUp();
  await until("it has its voice back", 20_000, async () => (/left quarantine/.test(told()) ? true : undefined));
  assert.equal(await cluster.client(0).get("key 19"), "value");
});

test("the only voter does not start from a damaged log, and says where, why and what to do", async (context) => {
  const cluster = await Cluster.start(context, { members: 1, electionTimeoutMs });
  for (let i = 0; i < 20; i++) await cluster.client(0).put(`key ${i}`, "value");
  const member = cluster.member(0);
  await member.stop();
  const log = logOf(member);
  flipAt(segmentOf(log), middle(batchPlaces(log)) + 140);
  const before = member.log.length;
  member.start();
  assert.equal(await member.exited(), "code 1");
  const told = member.log.slice(before);
  assert.match(told, /the log of the only voter is damaged: .*0000000000000001\.wal, offset \d+: the batch's checksum/);
  assert.match(told, /restore this member's whole directory from a copy/);
  assert.doesNotMatch(told, /^\s+at .*\(?(file:|node:)/m);
});

function logOf(member: MemberProcess): string {
  return join(member.options.dataDir, "log");
}

/** The newest segment. */
function segmentOf(log: string): string {
  const names = readdirSync(log).filter((name) => name.endsWith(".wal"));
  return join(log, names.sort().at(-1) as string);
}

/** Where the batches of the newest segment start, and where the last one ends (docs/wal-format.md). */
function batchPlaces(log: string): number[] {
  const bytes = readFileSync(segmentOf(log));
  const places = [4096];
  for (let at = 4096; at + 128 <= bytes.length && bytes.readUInt32LE(at) === 0x54414251; places.push(at)) {
    at += bytes.readUInt32LE(at + 8);
  }
  return places;
}

function middle(places: readonly number[]): number {
  const bodies = places.filter((place, at) => (places[at + 1] ?? 0) - place > 160);
  return bodies[bodies.length >>> 1] as number;
}

function flipAt(path: string, at: number): void {
  const byte = readFileSync(path)[at] ?? 0;
  writeAt(path, at, Uint8Array.of(byte ^ 4));
}

function writeAt(path: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(path, "r+");
  writeSync(descriptor, bytes, 0, bytes.length, at);
  closeSync(descriptor);
}
