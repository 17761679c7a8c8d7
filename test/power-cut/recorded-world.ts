/**
 * The program that is recorded: starts members, writes through all of them, kills and restarts some, and leaves their
 * directories as they are at the end. Everything below runs under strace.
 *
 * Arguments: the folder, a JSON object (`WorldPlan`).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Cluster } from "../harness/cluster.ts";
import { MarkedLoad } from "./marked-load.ts";
import type { MemberIdentity, WorldDescription, WorldPlan } from "./world-plan.ts";

const [folder = "", json = "{}"] = process.argv.slice(2);
const plan = JSON.parse(json) as WorldPlan;
process.env["TMPDIR"] = folder;
process.env["NODE_OPTIONS"] =
  `--disable-warning=ExperimentalWarning --import=${new URL("./changed-program.ts", import.meta.url).href}`;
process.env["QUORATE_POWER_CUT_CHANGES"] = plan.changes.join(",");
mkdirSync(folder, { recursive: true });

const cluster = await Cluster.prepare(
  { after: () => {} },
  { members: plan.members, electionTimeoutMs: plan.electionTimeoutMs },
);
describe();
const endpoints = cluster.members.map(({ endpoint }) => endpoint);
const next = { id: 0 };
const load = new MarkedLoad(cluster.folder, plan.seed, next, endpoints, plan.writersEach);
for (const member of cluster.members) member.start();
await untilMore(plan.requests);
if (plan.members === 1) await restarts();
else await killLeader();
await load.stop();
await Promise.all(cluster.members.map((member) => member.kill()));
for (const client of cluster.clients) client.close();

/** A kill under load, then an orderly end, and a start after each. */
async function restarts(): Promise<void> {
  if (plan.restarts < 1) return;
  await cluster.member(0).kill();
  cluster.member(0).start();
  await untilMore(plan.requests);
  if (plan.restarts < 2) return;
  await cluster.member(0).stop();
  cluster.member(0).start();
  await untilMore(plan.requests);
}

async function killLeader(): Promise<void> {
  if (plan.restarts < 1) return;
  const leader = await cluster.untilServing();
  await cluster.member(leader).kill();
  await untilMore(plan.requests / 2);
  cluster.member(leader).start();
  await untilMore(plan.requests / 2);
}

/** Until that many more requests were answered. */
async function untilMore(requests: number): Promise<void> {
  const enough = load.answered + requests;
  const deadline = performance.now() + 60_000;
  while (load.answered < enough) {
    if (performance.now() > deadline)
      throw new Error(`${load.answered} of ${enough} requests were answered in a minute`);
    await delay(20);
  }
}

function describe(): void {
  const members = cluster.members.map(({ options }): MemberIdentity => {
    const { name, initialCluster, token, electionTimeoutMs } = options;
    return { name, initialCluster, token, electionTimeoutMs };
  });
  const description: WorldDescription = { folder: cluster.folder, seed: plan.seed, members };
  writeFileSync(join(folder, "world.json"), JSON.stringify(description));
}
