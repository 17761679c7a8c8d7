import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createLevelHome, createNodeHost, syncDirectory, type NodeHost } from "@quorate/host-node";
import { openStore, type BackupInfo, type Engine, type KeyValueStore, type StateSink } from "@quorate/store";
import { completion } from "../completion.ts";
import { unlessAbsent } from "../durable-file.ts";
import { hash53, type InitialMember } from "../identity.ts";
import { initialIdentity } from "../initial-configuration.ts";
import { MembershipFile } from "../membership-file.ts";
import { EtcdServerError } from "../server-options.ts";
import { readBackupFile } from "./read-backup.ts";
import { writeLog } from "./write-log.ts";

export interface Restoring {
  /** The backup. */
  readonly path: string;
  /** Absent, or empty. */
  readonly dataDir: string;
  readonly name: string;
  readonly initialCluster: readonly InitialMember[];
  readonly initialClusterToken: string;
  readonly electionTimeoutMs: number;
}

export interface Restored {
  readonly info: BackupInfo;
  readonly clusterId: number;
  readonly memberId: number;
}

/**
 * Makes the data directory of one member of a new cluster that begins with a backup's state: to be done for each member with
 * the same backup and the same options. The directory appears when it is complete.
 */
export async function restoreBackup(restoring: Restoring): Promise<Restored> {
  const { path, dataDir } = restoring;
  await assertEmpty(dataDir);
  const unfinished = `${dataDir}.restoring`;
  await rm(unfinished, { recursive: true, force: true });
  const host = createNodeHost();
  try {
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    const info = await restoreState(host, path, unfinished);
    const identity = identityOf(restoring, info);
    const { clusterId, memberId, configuration } = identity;
    await mkdir(join(unfinished, "log"));
    const { position } = info;
    await writeLog({
      host,
      directory: join(unfinished, "log"),
      clusterId,
      memberId,
      base: { position, configuration, configurationIndex: position.index },
      entries: nothing(),
      last: { index: position.index + 1, term: position.term, configuration },
    });
    await new MembershipFile(unfinished).write(identity);
    await rm(dataDir, { recursive: true, force: true });
    await rename(unfinished, dataDir);
    await syncDirectory(dirname(dataDir));
    return { info, clusterId, memberId };
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  } finally {
    await host.close();
  }
}

async function assertEmpty(dataDir: string): Promise<void> {
  const names = (await unlessAbsent(readdir(dataDir))) ?? [];
  if (names.length === 0) return;
  throw new EtcdServerError(`${dataDir} is not empty: restore into a directory of its own, or remove what is there`);
}

/** A store whose state is the backup's; what is wrong with the file is found before anything counts. */
async function restoreState(host: NodeHost, path: string, dataDir: string): Promise<BackupInfo> {
  let store: KeyValueStore | undefined;
  let sink: StateSink | undefined;
  const begin = async ({ header, lineage }: BackupInfo): Promise<StateSink> => {
    const home = createLevelHome(join(dataDir, "state"));
    const engine = await completion<Engine>((done) => home.open(done));
    const { timers } = host;
    store = await completion<KeyValueStore | undefined>((done) => openStore({ engine, home, lineage, timers }, done));
    const transfer = store?.transfer;
    if (transfer === undefined) throw new EtcdServerError("the state did not open");
    return completion<StateSink>((done) => transfer.receive(header, done));
  };
  try {
    const info = await readBackupFile(path, async (chunk, info) => {
      const into = (sink ??= await begin(info));
      await completion<void>((done) => into.write(chunk, (error) => done(error, undefined)));
    });
    const into = sink ?? (await begin(info));
    await completion((done) => into.install(done));
    return info;
  } finally {
    const opened = store;
    if (opened !== undefined) await completion<void>((done) => opened.close((error) => done(error, undefined)));
  }
}

/**
 * The same for every member that is restored from this backup with these options, and another one than that of the cluster
 * the backup is of, or of any that was begun with these options without it.
 */
function identityOf(restoring: Restoring, { lineage, position, revision }: BackupInfo) {
  const { clusterId, memberId, configuration } = initialIdentity(restoring);
  const parts = [clusterId, lineage, position.index, position.term, revision].map(String);
  return { clusterId: hash53(["restored", ...parts]), memberId, configuration };
}

async function* nothing(): AsyncGenerator<never> {}
