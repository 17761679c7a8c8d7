import { FailureError, UsageError } from "../errors.ts";
import type { DevLayout, DevMember } from "./dev-layout.ts";
import { freePortFrom, isPortFree } from "./free-ports.ts";

export const maxDevMembers = 9;

/**
 * Ports that a member of a local cluster would like, by its number from 1: those of etcd's own example (2379/2380,
 * 22379/22380, 32379/32380, ...), or pairs from `basePort` on.
 */
export function wantedPorts(number: number, basePort: number | undefined): { client: number; peer: number } {
  if (basePort !== undefined) return { client: basePort + (number - 1) * 2, peer: basePort + (number - 1) * 2 + 1 };
  if (number > 6) return { client: 12_379 + (number - 7) * 2, peer: 12_380 + (number - 7) * 2 };
  const first = number === 1 ? 0 : number * 10_000;
  return { client: first + 2379, peer: first + 2380 };
}

/** A new cluster's layout on free ports, with a sentence for each port that could not be had as wanted. */
export async function chooseLayout(
  count: number,
  basePort: number | undefined,
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<{ layout: DevLayout; remarks: readonly string[] }> {
  const taken = new Set<number>();
  const remarks: string[] = [];
  const members: DevMember[] = [];
  const take = async (wanted: number) => {
    const port = await freePortFrom(wanted, taken, isFree);
    if (port === undefined) {
      throw new FailureError(`No free port was found from ${wanted} on. Choose others with --base-port.`);
    }
    if (port !== wanted) remarks.push(`Port ${wanted} is in use; using ${port} instead.`);
    return port;
  };
  for (let number = 1; number <= count; number += 1) {
    const wanted = wantedPorts(number, basePort);
    const clientPort = await take(wanted.client);
    const peerPort = await take(wanted.peer);
    members.push({ name: `m${number}`, clientPort, peerPort });
  }
  return { layout: { members }, remarks };
}

/** A cluster that exists keeps its addresses: they are its members' identity. Fails when that cannot be. */
export async function checkExistingLayout(
  layout: DevLayout,
  folder: string,
  wanted: { readonly count: number | undefined; readonly basePort: number | undefined },
  isFree: (port: number) => Promise<boolean> = isPortFree,
): Promise<void> {
  const count = layout.members.length;
  const elsewhere = `Choose another --data-dir, or remove ${folder} to begin anew`;
  if (wanted.count !== undefined && wanted.count !== count) {
    throw new UsageError(`${folder} holds a cluster of ${count} members, not ${wanted.count}. ${elsewhere}.`);
  }
  if (wanted.basePort !== undefined && wanted.basePort !== layout.members[0]?.clientPort) {
    throw new UsageError(`${folder} holds a cluster on port ${layout.members[0]?.clientPort}. ${elsewhere}.`);
  }
  for (const { name, clientPort, peerPort } of layout.members) {
    for (const port of [clientPort, peerPort]) {
      if (!(await isFree(port))) {
        throw new FailureError(
          `Port ${port} of member ${name} is in use: does this cluster run already? If another program has it, stop ` +
            `that one first. ${elsewhere}.`,
        );
      }
    }
  }
}
