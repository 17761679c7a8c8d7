import assert from "node:assert/strict";
import type { Cluster } from "./cluster.ts";
import type { MemberClient } from "./member-client.ts";

const pageSize = 5000;

/** Keys that this member's own state lacks, or holds with another value (at most twenty, for the message). */
export async function missingOn(
  client: MemberClient,
  prefix: string,
  expected: ReadonlyMap<string, string>,
): Promise<readonly string[]> {
  const held = await client.readAll(prefix, pageSize);
  const missing: string[] = [];
  for (const [key, value] of expected) {
    if (held.get(key) !== value) missing.push(`${key}: ${held.get(key) ?? "absent"} on ${client.endpoint}`);
    if (missing.length === 20) break;
  }
  return missing;
}

/** Every member has the same hash of its state at the same revision. */
export async function assertSameHash(cluster: Cluster): Promise<void> {
  const revisions = await Promise.all(cluster.clients.map((client) => client.revision()));
  const revision = Math.min(...revisions);
  const hashes = await Promise.all(cluster.clients.map((client) => client.hash(revision)));
  assert.equal(new Set(hashes).size, 1, `hashes at revision ${revision}: ${hashes.join(", ")}`);
}
