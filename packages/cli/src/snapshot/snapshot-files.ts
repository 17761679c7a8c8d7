import { resolve } from "node:path";
import { readBackupFile, restoreBackup } from "@quorate/etcd";
import { exitCodes } from "../errors.ts";
import { checkOwnEntry, parseInitialCluster } from "../serve/initial-cluster.ts";
import { parseUrls } from "../serve/peer-and-client-urls.ts";
import { inWords } from "./in-words.ts";
import { snapshotJson, snapshotText } from "./snapshot-text.ts";

/** `quorate snapshot status`: reads the file whole, checks all of it, and says what it holds. */
export async function runSnapshotStatus(path: string, flags: { readonly json?: boolean }): Promise<number> {
  const info = await orInWords(readBackupFile(path), `${path} is no sound backup`);
  process.stdout.write(flags.json === true ? `${snapshotJson(info)}\n` : `${path} is sound.\n${snapshotText(info)}`);
  return exitCodes.done;
}

export interface RestoreFlags {
  readonly dataDir: string;
  readonly name: string;
  readonly initialCluster?: string;
  readonly initialAdvertisePeerUrls: string;
  readonly initialClusterToken: string;
  readonly electionTimeout: number;
  readonly json?: boolean;
}

/** `quorate snapshot restore`: the data directory of one member of a new cluster. */
export async function runSnapshotRestore(path: string, flags: RestoreFlags): Promise<number> {
  const { name, initialAdvertisePeerUrls: urls } = flags;
  const advertised = parseUrls({ value: urls, origin: "flag --initial-advertise-peer-urls" });
  const own = advertised.map(({ url }) => `${name}=${url}`).join(",");
  const setting = { value: flags.initialCluster ?? own, origin: "flag --initial-cluster" };
  const initialCluster = parseInitialCluster(setting);
  checkOwnEntry(initialCluster, name, advertised, setting.origin);
  const restoring = restoreBackup({
    path,
    dataDir: resolve(flags.dataDir),
    name,
    initialCluster: initialCluster.map((member) => ({
      name: member.name,
      peerUrls: member.peerUrls.map(({ url }) => url),
    })),
    initialClusterToken: flags.initialClusterToken,
    electionTimeoutMs: flags.electionTimeout,
  });
  const { info, clusterId, memberId } = await orInWords(restoring, "Nothing was restored");
  const ids = { clusterId: clusterId.toString(16), memberId: memberId.toString(16) };
  process.stdout.write(
    flags.json === true
      ? `${JSON.stringify({ ...ids, revision: info.revision, keyCount: info.keyCount })}\n`
      : `${flags.dataDir} holds member ${name} (${ids.memberId}) of the new cluster ${ids.clusterId}, at revision ${info.revision} ` +
          `with ${info.keyCount} keys.\nDo the same for every other member, with the same file; then start them all.\n`,
  );
  return exitCodes.done;
}

async function orInWords<T>(work: Promise<T>, what: string): Promise<T> {
  return work.catch((error: unknown) => {
    throw inWords(error, what);
  });
}
