import type { DiskFile } from "../disk.ts";
import type { HostError } from "../errors.ts";
import { expect, expectBytes, expectPlainBytes, expectSame, pattern } from "./case.ts";
import type { ComplianceCase, ComplianceFixture } from "./case.ts";
import { fail, succeed } from "./operation.ts";

async function newFile(fixture: ComplianceFixture): Promise<DiskFile> {
  return await succeed<DiskFile>(fixture, (done) => fixture.host.disk.create(`${fixture.directory}/file`, done));
}

async function write(fixture: ComplianceFixture, file: DiskFile, offset: number, bytes: Uint8Array): Promise<void> {
  await succeed<void>(fixture, (done) => file.write(offset, bytes.slice(), done));
}

async function read(fixture: ComplianceFixture, file: DiskFile, offset: number, length: number): Promise<Uint8Array> {
  return await succeed<Uint8Array>(fixture, (done) => file.read(offset, length, done));
}

async function size(fixture: ComplianceFixture, file: DiskFile): Promise<number> {
  return await succeed<number>(fixture, (done) => file.size(done));
}

export const fileCases: readonly ComplianceCase[] = [
  {
    name: "disk: what was written is read, at any offset, over other bytes, by a second opening too",
    async run(fixture) {
      const file = await newFile(fixture);
      const expected = pattern(10_000);
      await write(fixture, file, 0, expected);
      expected.set(pattern(500, 9), 4000);
      await write(fixture, file, 4000, pattern(500, 9));
      expectBytes(await read(fixture, file, 0, 10_000), expected, "the whole file");
      expectBytes(await read(fixture, file, 3990, 600), expected.slice(3990, 4590), "a part of it");
      const second = await succeed<DiskFile>(fixture, (done) => fixture.host.disk.open(file.path, done));
      expectBytes(await read(fixture, second, 0, 10_000), expected, "the file opened again");
    },
  },
  {
    name: "disk: a read gives fewer bytes only at the end of the file",
    async run(fixture) {
      const file = await newFile(fixture);
      expectBytes(await read(fixture, file, 0, 100), new Uint8Array(0), "an empty file");
      await write(fixture, file, 0, pattern(1000));
      expectBytes(await read(fixture, file, 900, 200), pattern(1000).slice(900), "across the end");
      expectBytes(await read(fixture, file, 1000, 10), new Uint8Array(0), "at the end");
      expectBytes(await read(fixture, file, 5000, 10), new Uint8Array(0), "beyond the end");
      expectBytes(await read(fixture, file, 10, 0), new Uint8Array(0), "nothing");
    },
  },
  {
    name: "disk: what was read is the caller's to keep",
    async run(fixture) {
      const file = await newFile(fixture);
      await write(fixture, file, 0, pattern(100));
      const first = await read(fixture, file, 0, 100);
      first.fill(0);
      expectBytes(await read(fixture, file, 0, 100), pattern(100), "the file after the caller changed its bytes");
      await write(fixture, file, 0, pattern(100, 5));
      expectBytes(first, new Uint8Array(100), "the caller's bytes after the file changed");
    },
  },
  {
    name: "disk: a gap reads as zeros",
    async run(fixture) {
      const file = await newFile(fixture);
      await write(fixture, file, 100_000, pattern(10));
      expectSame(await size(fixture, file), 100_010, "the size");
      expectBytes(await read(fixture, file, 0, 100_000), new Uint8Array(100_000), "the gap");
      expectBytes(await read(fixture, file, 100_000, 20), pattern(10), "what follows it");
    },
  },
  {
    name: "disk: truncate cuts, and grows with zeros where there were bytes before",
    async run(fixture) {
      const file = await newFile(fixture);
      await write(fixture, file, 0, pattern(1000));
      await succeed<void>(fixture, (done) => file.truncate(400, done));
      expectSame(await size(fixture, file), 400, "the size after the cut");
      await succeed<void>(fixture, (done) => file.truncate(1000, done));
      expectSame(await size(fixture, file), 1000, "the size after growing");
      const expected = new Uint8Array(1000);
      expected.set(pattern(400));
      expectBytes(await read(fixture, file, 0, 1000), expected, "the contents");
    },
  },
  {
    name: "disk: syncs complete, alone and with a write",
    async run(fixture) {
      const file = await newFile(fixture);
      await succeed<void>(fixture, (done) => file.writeAndSync(3, pattern(50), done));
      await succeed<void>(fixture, (done) => file.dataSync(done));
      await succeed<void>(fixture, (done) => file.writeAndSync(53, new Uint8Array(0), done));
      expectBytes(await read(fixture, file, 3, 100), pattern(50), "the contents");
    },
  },
  {
    name: "disk: writing a part of a buffer leaves the rest of it to the caller",
    async run(fixture) {
      const file = await newFile(fixture);
      const whole = pattern(8192);
      await succeed<void>(fixture, (done) => file.write(0, whole.subarray(1024, 2048), done));
      expectBytes(whole.slice(0, 1024), pattern(8192).slice(0, 1024), "before the part");
      expectBytes(whole.slice(2048), pattern(8192).slice(2048), "after the part");
      expectBytes(await read(fixture, file, 0, 4096), pattern(8192).slice(1024, 2048), "the file");
    },
  },
  {
    name: "disk: large writes and reads are whole",
    async run(fixture) {
      const file = await newFile(fixture);
      const length = 4 * 1024 * 1024 + 17;
      const begun = pattern(length);
      await succeed<void>(fixture, (done) => file.write(5, begun.slice(), done));
      expectBytes(await read(fixture, file, 5, length), begun, "the contents");
    },
  },
  {
    name: "disk: operations on one file happen and complete in the order of their start",
    async run(fixture) {
      const file = await newFile(fixture);
      const rounds = 40;
      const completed: number[] = [];
      const trouble: string[] = [];
      await fixture.settle<void>((settled) => {
        const completion = (order: number, check: () => boolean) => (error: HostError | undefined) => {
          completed.push(order);
          if (error !== undefined || !check()) trouble.push(`operation ${order}: ${error?.message ?? "wrong result"}`);
          if (completed.length === rounds * 4) settled();
        };
        for (let round = 0; round < rounds; round++) {
          const fine = (): boolean => true;
          const first = round * 4;
          if (round % 2 === 0) file.write(0, pattern(100, round), completion(first, fine));
          else file.writeAndSync(0, pattern(100, round), completion(first, fine));
          file.read(0, 200, (error, bytes) =>
            completion(first + 1, () => bytes.join() === pattern(100, round).join())(error),
          );
          file.truncate(round, completion(first + 2, fine));
          file.size((error, value) => completion(first + 3, () => value === round)(error));
        }
      });
      expectSame(trouble, [], "what went wrong");
      expectSame(
        completed,
        [...completed].sort((a, b) => a - b),
        "the order of completion",
      );
    },
  },
  {
    name: "disk: a closed file does nothing more",
    async run(fixture) {
      const file = await newFile(fixture);
      await write(fixture, file, 0, pattern(10));
      await succeed<void>(fixture, (done) => file.close(done));
      await fail(fixture, "closed", (done) => file.read(0, 10, done));
      await fail(fixture, "closed", (done) => file.write(0, pattern(5), done));
      await fail(fixture, "closed", (done) => file.size(done));
      await fail(fixture, "closed", (done) => file.close(done));
    },
  },
  {
    name: "disk: two files are apart",
    async run(fixture) {
      const { disk } = fixture.host;
      const files: DiskFile[] = [];
      for (const name of ["one", "two"]) {
        files.push(await succeed<DiskFile>(fixture, (done) => disk.create(`${fixture.directory}/${name}`, done)));
      }
      for (const [index, file] of files.entries()) await write(fixture, file, 0, pattern(100, index));
      for (const [index, file] of files.entries()) {
        const bytes = await read(fixture, file, 0, 100);
        expectBytes(bytes, pattern(100, index), `file ${index}`);
        expectPlainBytes(bytes, `file ${index}`);
        expect(file.path.endsWith(index === 0 ? "one" : "two"), "each knows its path");
      }
    },
  },
];
