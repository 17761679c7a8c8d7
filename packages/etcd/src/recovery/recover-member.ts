import { randomBytes } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { createLevelHome, createNodeHost, type NodeHost } from "@quorate/host-node";
import { decodeConfiguration, payloadOf, recipients, type Configuration, type LogBase } from "@quorate/raft";
import { openStore, type Engine, type KeyValueStore } from "@quorate/store";
import type { OpenedWal, Recovered } from "@quorate/wal";
import { completion } from "../completion.ts";
import { withLock } from "../with-lock.ts";
import { ownerOfData } from "../find-identity.ts";
import { newMemberId } from "../members.ts";
import { EtcdServerError } from "../server-options.ts";
import { finishRecovery, pendingLog, writeDecision } from "./recovery-switch.ts";
import { entriesOf, open, writeLog } from "./write-log.ts";

/** What a member holds that may become a cluster of its own. */
export interface Survivor {
  readonly clusterId: number;
  readonly memberId: number;
  readonly name: string;
  readonly lastIndex: number;
  /** Up to where it knows that entries were committed: those behind may never have been. */
  readonly knownCommitted: number;
  /** Names or ids of all that were members with it. */
  readonly others: readonly string[];
}

export interface Recovery {
  readonly dataDir: string;
  /** Where new members reach it, if elsewhere than before. */
  readonly peerUrls?: readonly string[];
  /** Asked with the log open; nothing was changed yet. False leaves everything as it is. */
  readonly confirm: (survivor: Survivor) => Promise<boolean>;
}

/**
 * Makes a cluster of one out of a member, after the quorum of its cluster was lost for good: what its log holds counts as
 * committed, and it alone votes. The cluster has a new identity, so that former members are refused. The old log is kept
 * beside. A crash leaves the member as it was, or a start finishes what was decided (`recovery-switch.ts`).
 *
 * @returns the new cluster's id; undefined when it was not confirmed
 */
export async function recoverMember(recovery: Recovery): Promise<number | undefined> {
  const { dataDir } = recovery;
  const host = createNodeHost();
  try {
    await withLock(host.disk, dataDir, () => finishRecovery(dataDir));
    const owner = await ownerOfData(dataDir);
    if (owner === undefined)
      throw new EtcdServerError(`${dataDir} holds no member's log: there is nothing to recover from`);
    // The engine takes the lock itself for a moment, and would be refused under it.
    const restored = await restoredPosition(host, dataDir, owner.clusterId);
    return await withLock(host.disk, dataDir, async () => {
      const log = { host, directory: join(dataDir, "log"), ...owner, state: restored };
      const opened = await open({ ...log, events: { stored: () => {}, failed: () => {} } });
      try {
        assertUsable(opened.recovered, restored.index);
        return await recoverFrom(recovery, host, opened, owner);
      } finally {
        await new Promise<void>((resolve) => opened.wal.close(() => resolve()));
      }
    });
  } finally {
    await host.close();
  }
}

async function recoverFrom(
  { dataDir, confirm, peerUrls }: Recovery,
  host: NodeHost,
  opened: OpenedWal,
  owner: { readonly clusterId: number; readonly memberId: number },
): Promise<number | undefined> {
  const { recovered } = opened;
  const { memberId } = owner;
  const present = newestConfiguration(recovered);
  if (!(await confirm(survivorOf(owner, recovered, present)))) return undefined;
  const clusterId = newMemberId();
  const configuration = aloneIn(present, memberId, peerUrls);
  const term = (recovered.hardState?.term ?? 0) + 1;
  const directory = join(dataDir, pendingLog);
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const last = { index: recovered.last.index + 1, term, configuration };
  await writeLog({ host, directory, clusterId, memberId, base: baseOf(recovered), entries: entriesOf(opened), last });
  await writeDecision(dataDir, { clusterId, memberId, configuration });
  await finishRecovery(dataDir, randomBytes(4).toString("hex"));
  return clusterId;
}

function assertUsable({ damage, base, last }: Recovered, restoredIndex: number): void {
  if (damage !== undefined) {
    throw new EtcdServerError(
      `this member's log is damaged: ${damage}. A cluster made of it could lack what was acknowledged long ago: recover from ` +
        'another survivor, or restore a backup ("quorate snapshot restore")',
    );
  }
  if (restoredIndex < base.index) {
    throw new EtcdServerError(
      `this member's state ends at ${restoredIndex}, and its log begins after ${base.index}: it has lost what lies between, and ` +
        'nobody would be left to ask. Recover from another survivor, or restore a backup ("quorate snapshot restore")',
    );
  }
  if (restoredIndex <= last.index) return;
  throw new EtcdServerError(
    `the state holds everything up to ${restoredIndex}, and the log ends at ${last.index}: they are not of the same member`,
  );
}

/** Where the state stands on the disk; an installation that a crash broke off is finished. */
async function restoredPosition(host: NodeHost, dataDir: string, lineage: number) {
  const home = createLevelHome(join(dataDir, "state"));
  const engine = await completion<Engine>((done) => home.open(done));
  const { timers } = host;
  const store = await completion<KeyValueStore | undefined>((done) =>
    openStore({ engine, home, lineage, timers }, done),
  );
  if (store === undefined) throw new EtcdServerError("the state did not open");
  await completion<void>((done) => store.close((error) => done(error, undefined)));
  return store.restored;
}

function newestConfiguration({ configurations, baseConfiguration }: Recovered): Configuration {
  const newest = configurations.at(-1);
  const payload = newest === undefined ? baseConfiguration?.payload : payloadOf(newest);
  if (payload !== undefined) return decodeConfiguration(payload);
  throw new EtcdServerError("this member has not heard yet who is in its cluster: it has nothing to recover from");
}

function baseOf({ base, baseConfiguration }: Recovered): LogBase | undefined {
  if (baseConfiguration === undefined) return undefined;
  const { index, payload } = baseConfiguration;
  return { position: base, configuration: decodeConfiguration(payload), configurationIndex: index };
}

/** The others leave for good. */
function aloneIn(present: Configuration, memberId: number, peerUrls: readonly string[] | undefined): Configuration {
  const own = present.members.find(({ id }) => id === memberId) ?? { id: memberId, name: "", peerUrls: [] };
  const others = recipients(present).filter((id) => id !== memberId && !present.removed.includes(id));
  return {
    voters: [memberId],
    outgoing: [],
    learners: [],
    promotable: [],
    removed: [...present.removed.filter((id) => id !== memberId), ...others].slice(-1000),
    members: [{ ...own, peerUrls: [...(peerUrls ?? own.peerUrls)] }],
    timing: present.timing,
  };
}

function survivorOf(
  { clusterId, memberId }: { readonly clusterId: number; readonly memberId: number },
  { last, hardState }: Recovered,
  { members }: Configuration,
): Survivor {
  const nameOf = (id: number): string => members.find((member) => member.id === id)?.name || id.toString(16);
  return {
    clusterId,
    memberId,
    name: nameOf(memberId),
    lastIndex: last.index,
    knownCommitted: Math.min(last.index, hardState?.commit ?? 0),
    others: members.filter(({ id }) => id !== memberId).map(({ id }) => nameOf(id)),
  };
}
