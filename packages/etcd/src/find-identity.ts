import { join } from "node:path";
import type { Disk } from "@quorate/host";
import { createNodeHost } from "@quorate/host-node";
import { describeMember } from "@quorate/raft";
import { ownerOfLog, type Owner } from "@quorate/wal";
import type { InitialMember } from "./identity.ts";
import { initialIdentity, type Identity } from "./initial-configuration.ts";
import { MembershipFile } from "./membership-file.ts";
import { finishRecovery, isRecoveryDecided } from "./recovery/recovery-switch.ts";
import { EtcdServerError, type EtcdServerOptions } from "./server-options.ts";
import { withLock } from "./with-lock.ts";

/** Who a member is, and whether the cluster ran before it. */
export interface FoundIdentity extends Identity {
  readonly isJoining: boolean;
}

/**
 * Who the member is to whom a data directory belongs, whatever the options say; for an empty one, what they say. That it
 * joins is written down before anything else is: a start that breaks off is gone on with.
 */
export async function findIdentity(options: EtcdServerOptions, disk: Disk): Promise<FoundIdentity> {
  const { dataDir, joining } = options;
  if (await isRecoveryDecided(dataDir)) await withLock(disk, dataDir, () => finishRecovery(dataDir));
  const file = new MembershipFile(dataDir);
  const joined = await file.read();
  const owner = await ownerOf(disk, dataDir);
  const found = joined ?? owner;
  if (found !== undefined && joining !== undefined) assertSame(dataDir, found, joining);
  if (joined !== undefined) return { ...joined, isJoining: true };
  if (joining === undefined) return { ...foundingIdentity(options, owner), isJoining: false };
  if (owner === undefined) await file.write(joining);
  return { ...joining, isJoining: true };
}

/**
 * Who a member is that began with its cluster. Its ids come from the URLs of that time; members may have been changed to TLS since, or back,
 * and be given URLs of the other scheme now. Any other difference is refused by the log, whose owner it is not.
 */
function foundingIdentity(options: EtcdServerOptions, owner: Owner | undefined): Identity {
  const given = initialIdentity(options);
  if (owner === undefined || isSame(given, owner)) return given;
  const others = ["http", "https"].map((scheme) =>
    initialIdentity({ ...options, initialCluster: withScheme(options.initialCluster, scheme) }),
  );
  return others.find((other) => isSame(other, owner)) ?? given;
}

function withScheme(members: readonly InitialMember[], scheme: string): readonly InitialMember[] {
  return members.map(({ name, peerUrls }) => ({
    name,
    peerUrls: peerUrls.map((url) => url.replace(/^https?:/, `${scheme}:`)),
  }));
}

function isSame(one: Owner, other: Owner): boolean {
  return one.clusterId === other.clusterId && one.memberId === other.memberId;
}

/** Whose data lies in a member's data directory; undefined where it has run nobody yet. */
export async function ownerOfData(dataDir: string): Promise<Owner | undefined> {
  const joined = await new MembershipFile(dataDir).read();
  if (joined !== undefined) return joined;
  const host = createNodeHost();
  try {
    return await ownerOf(host.disk, dataDir);
  } finally {
    await host.close();
  }
}

function ownerOf(disk: Disk, dataDir: string): Promise<Owner | undefined> {
  return new Promise((resolve, reject) => {
    ownerOfLog(disk, join(dataDir, "log"), (error, owner) => {
      // A log that nothing names an owner of is the start's to judge, which knows whose it should be.
      if (error === undefined) resolve(owner);
      else if ("code" in error && (error.code === "no-owner" || error.code === "corrupt")) resolve(undefined);
      else reject(error);
    });
  });
}

function assertSame(dataDir: string, found: Owner, joining: Owner): void {
  if (isSame(found, joining)) return;
  const nameOf = ({ clusterId, memberId }: Owner): string =>
    `member ${describeMember(memberId)} of cluster ${describeMember(clusterId)}`;
  throw new EtcdServerError(
    `the data directory ${dataDir} belongs to ${nameOf(found)}, and this is to be ${nameOf(joining)}: give each member a ` +
      "directory of its own",
  );
}
