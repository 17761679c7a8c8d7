import assert from "node:assert/strict";
import { test } from "node:test";
import type { Callback, Disk, Done } from "@quorate/host";
import { readU53, writeU53 } from "@quorate/raft";
import type { LogPosition } from "@quorate/raft";
import type { Committed, StateMachine } from "@quorate/replica";
import { simulate } from "../../src/index.ts";
import type { MachineMaker, ServicePlace, SimulateOptions, SwarmOptions } from "../../src/index.ts";
import { ledgers } from "./ledger.ts";
import type { Operation } from "./ledger.ts";

/** A sum in a file of its own: three numbers of eight bytes, replaced as a whole. It completes later, not at once. */
class StoredSum implements StateMachine<number> {
  readonly restored: LogPosition;
  dirtyBytes = 0;
  sum: number;
  readonly #place: ServicePlace;
  readonly #kept: (sum: number) => number;

  /** `kept`: what a checkpoint makes of the sum. */
  constructor(place: ServicePlace, kept: (sum: number) => number, bytes: Uint8Array) {
    this.#place = place;
    this.#kept = kept;
    this.sum = bytes.length === 0 ? 0 : readU53(bytes, 0);
    this.restored = bytes.length === 0 ? { index: 0, term: 0 } : { index: readU53(bytes, 8), term: readU53(bytes, 16) };
  }

  apply(commands: readonly Committed[], done: Callback<readonly number[]>): void {
    this.#place.host.timers.endOfTurn(() => {
      const results = commands.map(({ command }) => (this.sum += command[0] ?? 0));
      this.dirtyBytes += commands.length;
      done(undefined, results);
    });
  }

  checkpoint({ index, term }: LogPosition, done: Done): void {
    const bytes = new Uint8Array(24);
    for (const [at, value] of [this.#kept(this.sum), index, term].entries()) writeU53(bytes, 8 * at, value);
    const { host, directory } = this.#place;
    replaceFile(host.disk, directory, bytes, (error) => {
      if (error === undefined) this.dirtyBytes = 0;
      done(error);
    });
  }

  close(done: Done): void {
    done(undefined);
  }
}

/** Written beside the old one, synced, and renamed over it: after a crash it is one of the two. */
function replaceFile(disk: Disk, path: string, bytes: Uint8Array<ArrayBuffer>, done: Done): void {
  disk.remove(`${path}.new`, () => {
    disk.create(`${path}.new`, (createError, file) => {
      if (createError !== undefined) return done(createError);
      file.writeAndSync(0, bytes, (writeError) => {
        file.close((closeError) => {
          const error = writeError ?? closeError;
          if (error !== undefined) return done(error);
          disk.rename(`${path}.new`, path, (renameError) => {
            if (renameError !== undefined) return done(renameError);
            disk.syncDirectory(path.slice(0, path.lastIndexOf("/")), done);
          });
        });
      });
    });
  });
}

const openSum =
  (kept = (sum: number) => sum): MachineMaker<StoredSum> =>
  (place, done) => {
    const { disk } = place.host;
    disk.open(place.directory, (openError, file) => {
      if (openError?.code === "not-found") return done(undefined, new StoredSum(place, kept, new Uint8Array()));
      if (openError !== undefined) return done(openError, undefined as never);
      file.read(0, 24, (readError, bytes) => {
        file.close(() => {
          if (readError !== undefined) done(readError, undefined as never);
          else done(undefined, new StoredSum(place, kept, bytes));
        });
      });
    });
  };

const sums: SimulateOptions<StoredSum, Operation, number, number> = {
  name: "stored sum",
  machine: openSum(),
  workload: { ...ledgers.workload, read: (machine) => machine.sum },
  model: ledgers.model,
  invariants: { "is a number": ({ sum }) => Number.isSafeInteger(sum) },
  digest: ({ sum }) => String(sum),
  adjust: withoutDamage,
};

/** Its file has no checksum, so nothing may damage it: that is another test of another machine. */
function withoutDamage(swarm: SwarmOptions): SwarmOptions {
  const faults = Object.entries(swarm.faults).filter(([name]) => !/damage|wipe|cop/i.test(name));
  return { ...swarm, faults: Object.fromEntries(faults) };
}

test("a state machine with files of its own lives on the simulated disk", () => {
  const { failure, text } = simulate({ ...sums, seeds: 8 });
  assert.equal(failure, undefined, text);
});

test("a checkpoint that keeps something else than the state is found when a member starts from it", () => {
  const machine = openSum((sum) => Math.min(sum, 50));
  const { failure } = simulate({ ...sums, machine, model: undefined, seeds: 60 });
  assert.equal(failure?.property, "state agreement");
  assert.match(failure.message, /started from its checkpoint at entry \d+/);
});
