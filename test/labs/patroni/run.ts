// `npm run patroni`: three PostgreSQLs under Patroni, with three members of Quorate as the store that says who leads. See
// docs/patroni.md.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { freePorts } from "../../harness/free-ports.ts";
import { until } from "../../harness/until.ts";
import { PostgresNode, ttlSeconds } from "./postgres-node.ts";
import { isThere, startEtcd, startQuorate, type Store } from "./store.ts";

const usage = `Usage: npm run patroni -- [--store quorate|etcd]

A cluster of PostgreSQL under Patroni forms, with three members of Quorate as its etcd. Its primary is killed: a replica is
promoted, and the old primary rejoins. Then Quorate's leader is killed: PostgreSQL does not fail over, and no write fails.
Needs Debian's packages postgresql, patroni and python3-etcd. Takes about three minutes.

Options
  --store NAME  quorate, or etcd to compare with (default quorate)
  --help        this text

Exit code: 0 all of it held, 1 something did not, 2 called wrongly.`;

/** Longer than the leader's key lives, twice: whoever does not renew it in time has lost it by then. */
const watchedSeconds = 2 * ttlSeconds + 5;

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const { values } = parseArgs({ options: { store: { type: "string" }, help: { type: "boolean" } } });
    if (values.help === true) {
      console.log(usage);
      return 0;
    }
    const store = values.store ?? "quorate";
    if (store !== "quorate" && store !== "etcd") throw new TypeError(`There is no store "${store}".`);
    return await run(store);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

async function run(kind: "quorate" | "etcd"): Promise<number> {
  const programs = findPrograms();
  if (programs === undefined || !(await isThere("patroni", ["--version"]))) {
    console.error("PostgreSQL or Patroni is not there: install postgresql, patroni and python3-etcd.");
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), "quorate-patroni-"));
  const user = process.getuid?.() === 0 ? postgresUser() : undefined;
  if (user !== undefined) chownSync(folder, user.uid, user.gid);
  const store = await (kind === "etcd" ? startEtcd() : startQuorate());
  const ports = await freePorts(6);
  const nodes = [1, 2, 3].map(
    (number) =>
      new PostgresNode({
        name: `pg${number}`,
        folder,
        programs,
        postgresPort: ports[number - 1] ?? 0,
        restPort: ports[number + 2] ?? 0,
        endpoints: store.endpoints,
        user,
      }),
  );
  try {
    await story(nodes, store, kind);
    console.log("All of it held.");
    return 0;
  } catch (error) {
    console.error(`NOT: ${(error as Error).message}`);
    for (const node of nodes) console.error(`--- ${node.name}\n${node.log(15)}`);
    return 1;
  } finally {
    for (const node of nodes) await node.kill();
    await store.destroy();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function story(nodes: readonly PostgresNode[], store: Store, kind: string): Promise<void> {
  const begun = performance.now();
  const say = (text: string) =>
    console.log(`${((performance.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  const nodeNamed = (name: string) => nodes.find((node) => node.name === name) as PostgresNode;

  for (const node of nodes) node.start();
  const first = await untilFormed(nodes, nodes.length);
  say(`the cluster has formed: ${first.leader} leads, the others stream from it`);
  const primary = nodeNamed(first.leader);
  await primary.sql("CREATE TABLE kept (number int PRIMARY KEY)");
  await primary.sql("INSERT INTO kept SELECT generate_series(1, 1000)");
  await untilReplicated(nodes, primary);

  await primary.kill();
  say(`${first.leader} is killed, with its PostgreSQL`);
  const others = nodes.filter((node) => node !== primary);
  const killedAt = performance.now();
  const second = await untilFormed(
    others,
    others.length,
    (view) => view.leader !== first.leader && view.timeline > first.timeline,
  );
  say(
    `${second.leader} was promoted ${((performance.now() - killedAt) / 1000).toFixed(1)} s later, timeline ${second.timeline}`,
  );
  const promoted = nodeNamed(second.leader);
  check((await promoted.sql("SELECT count(*) FROM kept")) === "1000", "the new primary has every row");
  await promoted.sql("INSERT INTO kept VALUES (1001)");

  primary.start();
  await untilFormed(nodes, nodes.length, (view) => view.leader === second.leader);
  await untilReplicated(nodes, promoted);
  check((await primary.sql("SELECT pg_is_in_recovery()")) === "t", `${first.leader} is a replica now`);
  say(`${first.leader} has rejoined as a replica, and has every row`);

  const killed = await store.killLeader();
  say(`${kind}'s leader (${killed}) is killed`);
  const { written, failed } = await watchWhileWriting(nodes, promoted, second);
  say(
    `for ${watchedSeconds} s ${second.leader} leads on, timeline ${second.timeline}: ${written} writes, ${failed} failed`,
  );
  check(failed === 0, "no write failed while the store had another leader");
  await store.restart();
  await untilFormed(nodes, nodes.length, (view) => view.leader === second.leader && view.timeline === second.timeline);
  await untilReplicated(nodes, promoted);
  say("the store's member is back, and PostgreSQL as it was");
}

interface Formed {
  readonly leader: string;
  readonly timeline: number;
}

/** These nodes agree on one leader, and all others of them stream from it. */
function untilFormed(
  nodes: readonly PostgresNode[],
  count: number,
  also: (formed: Formed) => boolean = () => true,
): Promise<Formed> {
  return until(`a cluster of ${count} forms`, 120_000, async () => {
    const views = await Promise.all(nodes.map((node) => node.view()));
    const all = views.flatMap((view) => {
      const leaders = view?.members.filter(({ role, state }) => role === "leader" && state === "running") ?? [];
      const streaming =
        view?.members.filter(({ role, state }) => role === "replica" && /running|streaming/.test(state)) ?? [];
      const [leader] = leaders;
      if (leader === undefined || leaders.length > 1 || leader.timeline === undefined) return [];
      const follow = streaming.filter(({ timeline }) => timeline === leader.timeline);
      return follow.length + 1 >= count ? [{ leader: leader.name, timeline: leader.timeline }] : [];
    });
    const [formed] = all;
    const agreed = all.length === nodes.length && new Set(all.map(({ leader }) => leader)).size === 1;
    return formed !== undefined && agreed && also(formed) ? formed : undefined;
  });
}

async function untilReplicated(nodes: readonly PostgresNode[], primary: PostgresNode): Promise<void> {
  const expected = await primary.sql("SELECT count(*) FROM kept");
  await until("every replica has every row", 60_000, async () => {
    const counts = await Promise.all(nodes.map((node) => node.sql("SELECT count(*) FROM kept")));
    return counts.every((count) => count === expected) ? true : undefined;
  });
}

/** Five writes a second, and a look at who leads with each. */
async function watchWhileWriting(nodes: readonly PostgresNode[], primary: PostgresNode, formed: Formed) {
  const end = performance.now() + watchedSeconds * 1000;
  let written = 0;
  let failed = 0;
  for (let number = 2000; performance.now() < end; number += 1) {
    await primary.sql(`INSERT INTO kept VALUES (${number})`).then(
      () => (written += 1),
      () => (failed += 1),
    );
    for (const view of await Promise.all(nodes.map((node) => node.view()))) {
      const leader = view?.members.find(({ role }) => role === "leader");
      const same = leader === undefined || leader.name === formed.leader;
      check(same, `PostgreSQL failed over, to ${leader?.name}`);
      check((leader?.timeline ?? formed.timeline) === formed.timeline, "the timeline has changed");
    }
    await delay(200);
  }
  check((await primary.sql("SELECT pg_is_in_recovery()")) === "f", "the primary is still the primary");
  return { written, failed };
}

function check(holds: boolean, what: string): void {
  if (!holds) throw new Error(`this does not hold: ${what}`);
}

/** Of the newest version that Debian has installed. */
function findPrograms(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  const newest = readdirSync(root).toSorted((left, right) => Number(right) - Number(left))[0];
  return newest === undefined ? undefined : join(root, newest, "bin");
}

function postgresUser(): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
