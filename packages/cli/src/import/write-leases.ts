import { CallError, type Calls } from "../client/calls.ts";
import { leaseGrant } from "../client/etcd-methods.ts";
import type { SourceLease } from "./source.ts";

const atOnce = 16;

/** Leases under their own ids, so that whoever holds one can go on keeping it alive. Those that are there already stay. */
export async function writeLeases(calls: Calls, leases: readonly SourceLease[]): Promise<ReadonlySet<bigint>> {
  for (let index = 0; index < leases.length; index += atOnce) {
    await Promise.all(leases.slice(index, index + atOnce).map((lease) => grant(calls, lease)));
  }
  return new Set(leases.map(({ id }) => id));
}

async function grant(calls: Calls, { id, seconds }: SourceLease): Promise<void> {
  try {
    await calls.call(leaseGrant, { ID: id, TTL: seconds });
  } catch (error) {
    if (!(error instanceof CallError) || error.details !== "etcdserver: lease already exists") throw error;
  }
}
