/** Three real members, one of them on a file system of a few MiB. Run by full-disk.test.ts, in a mount namespace. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { assertSameHash, missingOn } from "../../harness/compare-members.ts";
import { Cluster } from "../../harness/cluster.ts";
import type { MemberProcess } from "../../harness/member-process.ts";
import { until } from "../../harness/until.ts";

/** The member on the small disk; writes go through another. */
const small = 1;
const stackTrace = /^\s+at .*\(?(file:|node:)/m;
const saysFull = /no space left on device.*make space there and start again: what was acknowledged is safe/i;

class SmallDisk {
  readonly cluster: Cluster;
  readonly member: MemberProcess;
  readonly acknowledged = new Map<string, string>();
  #writes = 0;

  private constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.member = cluster.member(small);
  }

  static async start(context: TestContext, sizeMiB: number): Promise<SmallDisk> {
    const mounted: MemberProcess[] = [];
    // Before the cluster's own end, which removes the folder: that needs the mount away, and that the process.
    context.after(async () => {
      for (const member of mounted) {
        await member.kill();
        execFileSync("umount", ["--lazy", member.options.dataDir]);
      }
    });
    const cluster = await Cluster.prepare(context);
    const disk = new SmallDisk(cluster);
    const { dataDir } = disk.member.options;
    mkdirSync(dataDir, { mode: 0o700 });
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=0700`, "tmpfs", dataDir]);
    mounted.push(disk.member);
    for (const member of cluster.members) member.start();
    await cluster.untilServing();
    return disk;
  }

  /** Writes through a member with room; one write at a time. An election may fail some: those are not acknowledged. */
  async write(bytes: number): Promise<void> {
    const key = `k/${this.#writes++}`;
    const value = `${key} `.padEnd(bytes, "x");
    for (const client of [this.cluster.client(0), this.cluster.client(2)]) {
      const isDone = await client.put(key, value).then(
        () => true,
        () => false,
      );
      if (!isDone) continue;
      this.acknowledged.set(key, value);
      return;
    }
  }

  resize(sizeMiB: number): void {
    execFileSync("mount", ["-o", `remount,size=${sizeMiB}m`, this.member.options.dataDir]);
  }

  /** Takes all but so many bytes of the small disk. */
  fillUpTo(leaveBytes: number): void {
    const { bavail, bsize } = statfsSync(this.member.options.dataDir);
    writeFileSync(
      join(this.member.options.dataDir, "filler"),
      new Uint8Array(Math.max(0, bavail * bsize - leaveBytes)),
    );
  }

  removeFiller(): void {
    rmSync(join(this.member.options.dataDir, "filler"));
  }

  /** It says what happened and what to do, and ends with 1, without a stack. */
  checkWords(from: number): void {
    const told = this.member.log.slice(from);
    assert.match(told, saysFull);
    assert.doesNotMatch(told, stackTrace);
    assert.doesNotMatch(told, /"stack":/);
  }

  async checkOthersGoOn(): Promise<void> {
    const before = this.acknowledged.size;
    await until("the other two go on", 20_000, async () => {
      await this.write(100);
      return this.acknowledged.size > before + 5 ? true : undefined;
    });
  }

  /** With space again, it comes back, catches up, and nothing that was acknowledged is missing anywhere. */
  async checkComesBack(): Promise<void> {
    const from = this.member.log.length;
    this.member.start();
    await this.cluster.untilCaughtUp(60_000);
    assert.doesNotMatch(this.member.log.slice(from), /damage|no voice/);
    for (const client of this.cluster.clients) assert.deepEqual(await missingOn(client, "k/", this.acknowledged), []);
    await assertSameHash(this.cluster);
  }
}

test("the log finds no space: the member stops at once", async (context) => {
  const disk = await SmallDisk.start(context, 12);
  const from = disk.member.log.length;
  const ended = disk.member.exited();
  while (disk.member.pid !== undefined) {
    await disk.write(64 * 1024);
    assert.ok(disk.acknowledged.size < 1000, "12 MiB are full by now");
  }
  assert.equal(await ended, "code 1");
  disk.checkWords(from);
  assert.match(disk.member.log.slice(from), /cannot (write|create) .*\/log\//, "the log's file is named");
  await disk.checkOthersGoOn();
  disk.resize(64);
  await disk.checkComesBack();
});

test("a start on a disk without any space is refused with the same words", async (context) => {
  const disk = await SmallDisk.start(context, 12);
  for (let i = 0; i < 20; i++) await disk.write(100);
  assert.equal(await disk.member.stop(), "code 0");
  disk.fillUpTo(0);
  const from = disk.member.log.length;
  disk.member.start();
  assert.equal(await disk.member.exited(), "code 1");
  disk.checkWords(from);
  await disk.checkOthersGoOn();
  disk.removeFiller();
  await disk.checkComesBack();
});

test("the state's engine finds no space: the checkpoint fails, the member stops, and the log has everything", async (context) => {
  const disk = await SmallDisk.start(context, 16);
  // Less than the zeros that the log has written ahead: it needs no new space.
  for (let i = 0; i < 4; i++) await disk.write(64 * 1024);
  disk.fillUpTo(16 * 1024);
  const from = disk.member.log.length;
  await disk.cluster.untilCaughtUp();
  // Stopping makes a last checkpoint; in the long form we wait for the one that comes by itself, after 30 s.
  const isLong = process.env["QUORATE_DAMAGE"] === "full";
  assert.equal(await (isLong ? disk.member.exited() : disk.member.stop()), "code 1");
  disk.checkWords(from);
  assert.match(disk.member.log.slice(from), /the database in .*\/state.* failed/, "the engine is named");
  await disk.checkOthersGoOn();
  disk.removeFiller();
  await disk.checkComesBack();
});
