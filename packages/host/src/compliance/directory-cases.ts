import type { DirectoryEntry, DiskFile } from "../disk.ts";
import { expectBytes, expectSame, pattern } from "./case.ts";
import type { ComplianceCase, ComplianceFixture } from "./case.ts";
import { fail, succeed } from "./operation.ts";

async function makeFile(fixture: ComplianceFixture, path: string, bytes: Uint8Array<ArrayBuffer>): Promise<DiskFile> {
  const file = await succeed<DiskFile>(fixture, (done) => fixture.host.disk.create(path, done));
  await succeed<void>(fixture, (done) => file.write(0, bytes, done));
  return file;
}

async function entries(fixture: ComplianceFixture, directory: string): Promise<string[]> {
  const listed = await succeed<readonly DirectoryEntry[]>(fixture, (done) => fixture.host.disk.list(directory, done));
  return listed.map(({ name, kind }) => `${kind} ${name}`);
}

async function contents(fixture: ComplianceFixture, path: string): Promise<Uint8Array> {
  const file = await succeed<DiskFile>(fixture, (done) => fixture.host.disk.open(path, done));
  const bytes = await succeed<Uint8Array>(fixture, (done) => file.read(0, 1024, done));
  await succeed<void>(fixture, (done) => file.close(done));
  return bytes;
}

export const directoryCases: readonly ComplianceCase[] = [
  {
    name: "disk: create makes a new file and only a new one; open opens an existing one",
    async run(fixture) {
      const { disk } = fixture.host;
      const path = `${fixture.directory}/file`;
      await fail(fixture, "not-found", (done) => disk.open(path, done));
      const file = await makeFile(fixture, path, pattern(10));
      expectSame(file.path, path, "the path of the file");
      await fail(fixture, "exists", (done) => disk.create(path, done));
      expectBytes(await contents(fixture, path), pattern(10), "what create left alone");
      await fail(fixture, "not-found", (done) => disk.create(`${fixture.directory}/absent/file`, done));
    },
  },
  {
    name: "disk: a path that is not absolute is invalid",
    async run(fixture) {
      await fail(fixture, "invalid", (done) => fixture.host.disk.create("relative", done));
    },
  },
  {
    name: "disk: list gives names in the order of their code units, with their kinds",
    async run(fixture) {
      const { disk } = fixture.host;
      const { directory } = fixture;
      expectSame(await entries(fixture, directory), [], "an empty directory");
      for (const name of ["b", "a10", "a9", "B", "\u00e9", "z.tmp"]) {
        await makeFile(fixture, `${directory}/${name}`, pattern(1));
      }
      await succeed<void>(fixture, (done) => disk.makeDirectory(`${directory}/c`, done));
      expectSame(
        await entries(fixture, directory),
        ["file B", "file a10", "file a9", "file b", "directory c", "file z.tmp", "file \u00e9"],
        "the entries",
      );
      await fail(fixture, "not-found", (done) => disk.list(`${directory}/absent`, done));
    },
  },
  {
    name: "disk: makeDirectory makes one directory, again if need be, below one that exists",
    async run(fixture) {
      const { disk } = fixture.host;
      const directory = `${fixture.directory}/made`;
      await succeed<void>(fixture, (done) => disk.makeDirectory(directory, done));
      await makeFile(fixture, `${directory}/file`, pattern(1));
      await succeed<void>(fixture, (done) => disk.makeDirectory(directory, done));
      expectSame(await entries(fixture, directory), ["file file"], "what was in it");
      await fail(fixture, "not-found", (done) => disk.makeDirectory(`${fixture.directory}/absent/made`, done));
      await fail(fixture, "exists", (done) => disk.makeDirectory(`${directory}/file`, done));
    },
  },
  {
    name: "disk: rename moves a file, replaces another, and a file that is open stays open",
    async run(fixture) {
      const { disk } = fixture.host;
      const { directory } = fixture;
      const moved = await makeFile(fixture, `${directory}/new.tmp`, pattern(20, 2));
      await makeFile(fixture, `${directory}/current`, pattern(30, 3));
      await succeed<void>(fixture, (done) => disk.rename(`${directory}/new.tmp`, `${directory}/current`, done));
      expectSame(await entries(fixture, directory), ["file current"], "after the rename");
      await succeed<void>(fixture, (done) => moved.writeAndSync(20, pattern(5, 4), done));
      const bytes = await contents(fixture, `${directory}/current`);
      expectBytes(bytes, Uint8Array.of(...pattern(20, 2), ...pattern(5, 4)), "the contents under the new name");
      await fail(fixture, "not-found", (done) => disk.rename(`${directory}/new.tmp`, `${directory}/other`, done));
    },
  },
  {
    name: "disk: rename moves a file and a directory into another directory",
    async run(fixture) {
      const { disk } = fixture.host;
      const { directory } = fixture;
      for (const name of ["from", "to", "from/deep"]) {
        await succeed<void>(fixture, (done) => disk.makeDirectory(`${directory}/${name}`, done));
      }
      await makeFile(fixture, `${directory}/from/file`, pattern(7));
      await makeFile(fixture, `${directory}/from/deep/file`, pattern(8));
      for (const name of ["file", "deep"]) {
        await succeed<void>(fixture, (done) =>
          disk.rename(`${directory}/from/${name}`, `${directory}/to/${name}`, done),
        );
      }
      expectSame(await entries(fixture, `${directory}/from`), [], "where they were");
      expectSame(await entries(fixture, `${directory}/to`), ["directory deep", "file file"], "where they are");
      expectBytes(await contents(fixture, `${directory}/to/deep/file`), pattern(8), "the file in the directory");
    },
  },
  {
    name: "disk: remove removes a file",
    async run(fixture) {
      const { disk } = fixture.host;
      const path = `${fixture.directory}/file`;
      await makeFile(fixture, path, pattern(1));
      await succeed<void>(fixture, (done) => disk.remove(path, done));
      expectSame(await entries(fixture, fixture.directory), [], "what is left");
      await fail(fixture, "not-found", (done) => disk.remove(path, done));
    },
  },
  {
    name: "disk: removeDirectory removes all that a directory holds, and needs none to be there",
    async run(fixture) {
      const { disk } = fixture.host;
      const directory = `${fixture.directory}/tree`;
      for (const name of ["", "/one", "/one/two"]) {
        await succeed<void>(fixture, (done) => disk.makeDirectory(`${directory}${name}`, done));
        await makeFile(fixture, `${directory}${name}/file`, pattern(1));
      }
      await fail(fixture, "invalid", (done) => disk.removeDirectory(`${directory}/file`, done));
      for (let round = 0; round < 2; round++) {
        await succeed<void>(fixture, (done) => disk.removeDirectory(directory, done));
        expectSame(await entries(fixture, fixture.directory), [], "what is left");
      }
    },
  },
  {
    name: "disk: syncDirectory makes the names of a directory durable, and fails without one",
    async run(fixture) {
      const { disk } = fixture.host;
      await makeFile(fixture, `${fixture.directory}/file`, pattern(1));
      await succeed<void>(fixture, (done) => disk.syncDirectory(fixture.directory, done));
      await fail(fixture, "not-found", (done) => disk.syncDirectory(`${fixture.directory}/absent`, done));
    },
  },
];
