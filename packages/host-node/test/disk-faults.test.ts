import assert from "node:assert/strict";
import { once } from "node:events";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import type { DiskFile, DirectoryLock, HostError, Listener } from "@quorate/host";
import { createNodeHost } from "../src/index.ts";
import { runModule } from "./child.ts";
import { settled } from "./settled.ts";
import { withHost } from "./with-host.ts";

const onLinux = { skip: process.platform === "linux" ? false : "needs Linux's special files" };

function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => "done",
    (error: HostError) => error.code,
  );
}

test("a full disk fails the write with no-space, and every later operation on the file", onLinux, async () => {
  await withHost(async ({ disk }) => {
    const file = await settled<DiskFile>((done) => disk.open("/dev/full", done));
    await assert.rejects(
      settled<void>((done) => file.write(0, new Uint8Array(100), done)),
      (error: HostError) => {
        assert.equal(error.name, "HostError");
        assert.equal(error.code, "no-space");
        assert.equal(error.subject, "/dev/full");
        assert.match(error.message, /cannot write \/dev\/full: no space left on device \(ENOSPC\)/);
        return true;
      },
    );
    await assert.rejects(
      settled<Uint8Array>((done) => file.read(0, 10, done)),
      (error: HostError) => error.code === "no-space" && /earlier write or sync failed/.test(error.message),
    );
    for (const later of [
      settled<void>((done) => file.write(0, new Uint8Array(0), done)),
      settled<void>((done) => file.dataSync(done)),
      settled<number>((done) => file.size(done)),
      settled<void>((done) => file.truncate(0, done)),
      settled<void>((done) => file.close(done)),
    ]) {
      assert.equal(await codeOf(later), "no-space");
    }
    assert.equal(await codeOf(settled<void>((done) => file.close(done))), "closed");
  });
});

test("a failing sync is final: the next one does not succeed", onLinux, async () => {
  await withHost(async ({ disk }) => {
    // The device cannot be synced; the write before the sync succeeds.
    const file = await settled<DiskFile>((done) => disk.open("/dev/null", done));
    await settled<void>((done) => file.write(0, new Uint8Array(10), done));
    assert.equal(await codeOf(settled<void>((done) => file.dataSync(done))), "invalid");
    assert.equal(await codeOf(settled<void>((done) => file.write(0, new Uint8Array(10), done))), "invalid");
  });
});

test("an error of the device is io", onLinux, async () => {
  await withHost(async ({ disk }) => {
    // Nothing is mapped at address 0: the system answers EIO.
    const file = await settled<DiskFile>((done) => disk.open("/proc/self/mem", done));
    assert.equal(await codeOf(settled<void>((done) => file.writeAndSync(0, new Uint8Array(8), done))), "io");
    assert.equal(await codeOf(settled<void>((done) => file.write(4096, new Uint8Array(8), done))), "io");
  });
});

test("what makes no sense is invalid, and does no harm to the file", async () => {
  await withHost(async ({ disk }, directory) => {
    const file = await settled<DiskFile>((done) => disk.create(join(directory, "file"), done));
    for (const offset of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
      assert.equal(await codeOf(settled<void>((done) => file.write(offset, new Uint8Array(1), done))), "invalid");
      assert.equal(await codeOf(settled<Uint8Array>((done) => file.read(offset, 1, done))), "invalid");
      assert.equal(await codeOf(settled<void>((done) => file.truncate(offset, done))), "invalid");
    }
    assert.equal(await codeOf(settled<Uint8Array>((done) => file.read(0, -1, done))), "invalid");
    assert.equal(await codeOf(settled<DiskFile>((done) => disk.open(directory, done))), "invalid");
    assert.equal(
      await codeOf(settled<DiskFile>((done) => disk.create(join(directory, "n".repeat(300)), done))),
      "invalid",
    );
    await settled<void>((done) => file.writeAndSync(0, Uint8Array.of(7), done));
    assert.deepEqual(await settled<Uint8Array>((done) => file.read(0, 2 ** 40, done)), Uint8Array.of(7));
  });
});

test("when the worker dies, what is under way and all that follows fails with io", async () => {
  const started = once(process, "worker") as Promise<[Worker]>;
  await withHost(async ({ disk }, directory) => {
    const [worker] = await started;
    const file = await settled<DiskFile>((done) => disk.create(join(directory, "file"), done));
    const completed: number[] = [];
    const underWay = Array.from({ length: 50 }, (_, index) =>
      settled<void>((done) => file.writeAndSync(0, new Uint8Array(1024 * 1024), done)).finally(() =>
        completed.push(index),
      ),
    );
    const outcomes = Promise.all(underWay.map(codeOf));
    await worker.terminate();
    const codes = await outcomes;
    assert.ok(codes.includes("io"), `the operations ended with ${codes.join()}`);
    // Those that the worker had done are done; from the first that it had not, none is.
    assert.deepEqual(codes.slice(codes.indexOf("io")), Array(codes.length - codes.indexOf("io")).fill("io"));
    assert.deepEqual(
      completed,
      completed.map((_, index) => index),
    );
    for (const later of [
      settled<void>((done) => file.dataSync(done)),
      settled<void>((done) => disk.makeDirectory(join(directory, "later"), done)),
      settled<DirectoryLock>((done) => disk.lock(directory, done)),
    ]) {
      await assert.rejects(later, (error: HostError) => error.code === "io" && /worker thread/.test(error.message));
    }
  });
});

test("a closed host's disk completes what was under way and refuses the rest", async () => {
  await withHost(async (_, directory) => {
    const host = createNodeHost();
    const file = await settled<DiskFile>((done) => host.disk.create(join(directory, "file"), done));
    await settled<DirectoryLock>((done) => host.disk.lock(directory, done));
    const written = settled<void>((done) => file.writeAndSync(0, new Uint8Array(1000), done));
    const closed = host.close();
    assert.equal(await codeOf(settled<number>((done) => file.size(done))), "closed");
    assert.equal(await codeOf(settled<DiskFile>((done) => host.disk.open(file.path, done))), "closed");
    await written;
    await closed;
    await host.close();
    // Its locks are free again.
    const second = createNodeHost();
    await settled<DirectoryLock>((done) => second.disk.lock(directory, done));
    await second.close();
  });
});

test("a closed host opens no links any more", async () => {
  const host = createNodeHost();
  await host.close();
  const address = { host: "127.0.0.1", port: 0 };
  const listening = settled<Listener>((done) =>
    host.links.listen(address, () => ({ data: () => {}, close: () => {} }), done),
  );
  assert.equal(await codeOf(listening), "closed");
  const reported = new Promise<HostError | undefined>((close) => {
    host.links.connect({ ...address, port: 9 }, { data: () => {}, close });
  });
  assert.equal((await reported)?.code, "closed");
});

test("the event loop goes on while the disk is busy", async () => {
  await withHost(async ({ disk }, directory) => {
    const file = await settled<DiskFile>((done) => disk.create(join(directory, "file"), done));
    let turns = 0;
    let busy = true;
    const turn = (): void => {
      turns++;
      if (busy) setImmediate(turn);
    };
    setImmediate(turn);
    await settled<void>((done) => file.writeAndSync(0, new Uint8Array(32 * 1024 * 1024), done));
    busy = false;
    assert.ok(turns > 5, `${turns} turns passed during a write of 32 MiB with its sync`);
  });
});

const holder = (directory: string): string => `
  import { createNodeHost } from "host-node";
  const host = createNodeHost();
  setInterval(() => {}, 1000);
  host.disk.lock(${JSON.stringify(directory)}, (error) => console.log(error?.code ?? "held"));
`;

test("a lock keeps out another process and another host, by any name, and ends with SIGKILL", async () => {
  await withHost(async ({ disk }, directory) => {
    const first = runModule(holder(directory));
    try {
      assert.equal(await first.line(), "held");
      await assert.rejects(
        settled<DirectoryLock>((done) => disk.lock(directory, done)),
        (error: HostError) =>
          error.code === "locked" && error.message.includes(directory) && /another process uses it/.test(error.message),
      );
    } finally {
      assert.equal(await first.kill(), "SIGKILL");
    }
    const lock = await settled<DirectoryLock>((done) => disk.lock(directory, done));
    const otherName = `${directory}-link`;
    await symlink(directory, otherName);
    const other = createNodeHost();
    try {
      assert.equal(await codeOf(settled<DirectoryLock>((done) => other.disk.lock(otherName, done))), "locked");
      // That attempt must not have let others in: POSIX drops a file's locks when any of its descriptors is closed.
      const second = runModule(holder(otherName));
      try {
        assert.equal(await second.line(), "locked");
      } finally {
        await second.kill();
      }
      await settled<void>((done) => lock.release(done));
      await settled<DirectoryLock>((done) => other.disk.lock(otherName, done));
    } finally {
      await other.close();
      await settled<void>((done) => disk.remove(otherName, done));
    }
  });
});
