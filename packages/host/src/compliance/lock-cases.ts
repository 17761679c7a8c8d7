import type { DirectoryLock } from "../disk.ts";
import { expect } from "./case.ts";
import type { ComplianceCase } from "./case.ts";
import { fail, succeed } from "./operation.ts";

export const lockCases: readonly ComplianceCase[] = [
  {
    name: "disk: a lock keeps out a second one until it is released",
    async run(fixture) {
      const { disk } = fixture.host;
      for (let round = 0; round < 2; round++) {
        const lock = await succeed<DirectoryLock>(fixture, (done) => disk.lock(fixture.directory, done));
        const error = await fail(fixture, "locked", (done) => disk.lock(fixture.directory, done));
        expect(error.message.includes(fixture.directory), `the error names the directory: ${error.message}`);
        await succeed<void>(fixture, (done) => lock.release(done));
      }
    },
  },
  {
    name: "disk: of two locks asked for at once one is had",
    async run(fixture) {
      const { disk } = fixture.host;
      const codes: string[] = [];
      await fixture.settle<void>((done) => {
        for (let attempt = 0; attempt < 2; attempt++) {
          disk.lock(fixture.directory, (error) => {
            codes.push(error?.code ?? "had");
            if (codes.length === 2) done();
          });
        }
      });
      expect(codes.sort().join() === "had,locked", `the two answers were ${codes.join()}`);
    },
  },
  {
    name: "disk: locks on two directories do not meet",
    async run(fixture) {
      const { disk } = fixture.host;
      for (const name of ["one", "two"]) {
        const directory = `${fixture.directory}/${name}`;
        await succeed<void>(fixture, (done) => disk.makeDirectory(directory, done));
        await succeed<DirectoryLock>(fixture, (done) => disk.lock(directory, done));
      }
    },
  },
  {
    name: "disk: a directory that does not exist cannot be locked",
    async run(fixture) {
      const { disk } = fixture.host;
      await fail(fixture, "not-found", (done) => disk.lock(`${fixture.directory}/absent`, done));
    },
  },
];
