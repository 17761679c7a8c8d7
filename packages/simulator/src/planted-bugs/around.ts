import type { Disk, DiskFile } from "@quorate/host";
import { createRaft } from "@quorate/raft";
import type { Effect, PersistEffect, RaftCore, RaftOptions } from "@quorate/raft";
import type { MemoryState, Replica } from "@quorate/replica";
import type { CoreFactory } from "../core/core-member-options.ts";
import { around } from "../stand-in.ts";

/** The production core, with some of its methods replaced by broken ones, made anew for each incarnation. */
export function aroundCore(broken: (core: RaftCore, options: RaftOptions) => Partial<RaftCore>): CoreFactory {
  return (options) => {
    const core = createRaft(options);
    return around(core, broken(core, options));
  };
}

/** A core whose log is given other records than those that it asked to have written. */
export function withRecords(change: (record: PersistEffect) => PersistEffect): (core: RaftCore) => RaftCore {
  return (core) => {
    const changed = (effect: Effect): Effect => (effect.type === "persist" ? change(effect) : effect);
    return around(core, { takeEffects: () => core.takeEffects().map(changed) });
  };
}

/** A member whose clients meet something broken. */
export function aroundReplica(
  broken: (replica: Replica<number>) => Partial<Replica<number>>,
): (replica: Replica<number>) => Replica<number> {
  return (replica) => around(replica, broken(replica));
}

/** A state machine of which some functions are broken. */
export function aroundState(
  broken: (state: MemoryState<number>) => Partial<MemoryState<number>>,
): (state: MemoryState<number>) => MemoryState<number> {
  return (state) => around(state, broken(state));
}

/** A disk of which some functions are broken, and some of its files'. */
export function aroundDisk(broken: {
  readonly disk?: (disk: Disk) => Partial<Disk>;
  readonly file?: (file: DiskFile) => Partial<DiskFile>;
}): (disk: Disk) => Disk {
  const { file: brokenFile } = broken;
  const handle = (file: DiskFile | undefined): DiskFile =>
    (brokenFile === undefined || file === undefined ? file : around(file, brokenFile(file))) as DiskFile;
  return (disk) =>
    around(disk, {
      create: (path, done) => disk.create(path, (error, file) => done(error, handle(file))),
      open: (path, done) => disk.open(path, (error, file) => done(error, handle(file))),
      ...broken.disk?.(disk),
    });
}
