import { readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { syncDirectory } from "@quorate/host-node";
import { unlessAbsent } from "../durable-file.ts";
import { MembershipFile } from "../membership-file.ts";
import type { Joining } from "../server-options.ts";

/**
 * How a member's log and identity are exchanged for those of a new cluster, in one step. In the data directory:
 *
 *   log.recovered     the log of the new cluster, complete before anything is decided
 *   recovery          a file like `membership`: decided. From now on every start finishes, before it opens anything
 *   log.before-<n>    the log of the old cluster, for people to look at
 *
 * Finishing is: `log` to `log.before-<n>`, `log.recovered` to `log`, `membership` anew, `recovery` removed. Every step is durable
 * before the next, and each can be repeated.
 */
export const pendingLog = "log.recovered";
const decisionFile = "recovery";

/** From here on there is no way back. */
export async function writeDecision(dataDir: string, identity: Joining): Promise<void> {
  await syncDirectory(join(dataDir, pendingLog));
  await syncDirectory(dataDir);
  await new MembershipFile(dataDir, decisionFile).write(identity);
}

/** Finishes what was decided; nothing where nothing was. `aside` names the old log. The directory must be the caller's. */
export async function finishRecovery(dataDir: string, aside = "recovery"): Promise<void> {
  const decision = await new MembershipFile(dataDir, decisionFile).read();
  if (decision === undefined) return;
  const pending = join(dataDir, pendingLog);
  if (await exists(pending)) {
    const log = join(dataDir, "log");
    if (await exists(log)) await rename(log, await freeName(join(dataDir, `log.before-${aside}`)));
    await rename(pending, log);
    await syncDirectory(dataDir);
  }
  await new MembershipFile(dataDir).write(decision);
  await rm(join(dataDir, decisionFile));
  await syncDirectory(dataDir);
}

/** Whether a start has something to finish. */
export async function isRecoveryDecided(dataDir: string): Promise<boolean> {
  return (await unlessAbsent(readFile(join(dataDir, decisionFile)))) !== undefined;
}

async function exists(path: string): Promise<boolean> {
  return (await unlessAbsent(stat(path))) !== undefined;
}

async function freeName(path: string): Promise<string> {
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? path : `${path}-${number}`;
    if (!(await exists(candidate))) return candidate;
  }
}
