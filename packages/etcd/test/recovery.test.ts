import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, renameSync, writeFileSync, cpSync } from "node:fs";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { createNodeHost } from "@quorate/host-node";
import { recoverMember, startEtcdServer, type Survivor } from "../src/index.ts";
import { writeLog } from "../src/recovery/write-log.ts";
import { memberOptions, temporaryFolder, untilLeads } from "./support/single-member.ts";

interface Recovered {
  readonly dataDir: string;
  readonly oldId: number;
  readonly newId: number;
  readonly survivor: Survivor;
}

async function recovered(context: TestContext): Promise<Recovered> {
  const dataDir = join(temporaryFolder(context), "data");
  const first = await startEtcdServer(memberOptions(dataDir));
  await untilLeads(first);
  await first.close();
  let survivor: Survivor | undefined;
  const refused = await recoverMember({ dataDir, confirm: async () => false });
  assert.equal(refused, undefined);
  const newId = await recoverMember({
    dataDir,
    confirm: async (one) => {
      survivor = one;
      return true;
    },
  });
  assert.ok(newId !== undefined && survivor !== undefined);
  return { dataDir, oldId: first.clusterId, newId, survivor };
}

async function clusterAt(dataDir: string): Promise<number> {
  const server = await startEtcdServer(memberOptions(dataDir));
  await untilLeads(server);
  await server.close();
  return server.clusterId;
}

function asideIn(dataDir: string): string {
  const name = readdirSync(dataDir).find((one) => one.startsWith("log.before-"));
  assert.ok(name !== undefined);
  return join(dataDir, name);
}

test("a recovered member is of a new cluster from then on, and recovered again of yet another", async (context) => {
  const { dataDir, oldId, newId, survivor } = await recovered(context);
  assert.equal(survivor.clusterId, oldId);
  assert.deepEqual([survivor.name, survivor.others], ["one", []]);
  assert.ok(survivor.lastIndex >= survivor.knownCommitted && survivor.knownCommitted > 0);
  assert.notEqual(newId, oldId);
  assert.equal(await clusterAt(dataDir), newId);
  assert.equal(await clusterAt(dataDir), newId);
  const again = await recoverMember({ dataDir, confirm: async () => true });
  assert.equal(await clusterAt(dataDir), again);
});

test("a crash at any step of the exchange is finished by the next start", async (context) => {
  const stages: readonly [string, (dataDir: string) => void][] = [
    [
      "decided",
      (dataDir) => {
        renameSync(join(dataDir, "log"), join(dataDir, "log.recovered"));
        renameSync(asideIn(dataDir), join(dataDir, "log"));
      },
    ],
    ["the old log is away", (dataDir) => renameSync(join(dataDir, "log"), join(dataDir, "log.recovered"))],
    ["the new log is there", () => {}],
  ];
  for (const [what, undo] of stages) {
    const { dataDir, newId } = await recovered(context);
    undo(dataDir);
    renameSync(join(dataDir, "membership"), join(dataDir, "recovery"));
    assert.equal(await clusterAt(dataDir), newId, what);
    assert.equal(existsSync(join(dataDir, "recovery")), false);
    assert.ok(asideIn(dataDir));
  }
});

test("until it is decided, the member is what it was", async (context) => {
  const { dataDir, oldId } = await recovered(context);
  renameSync(join(dataDir, "log"), join(dataDir, "log.recovered"));
  cpSync(asideIn(dataDir), join(dataDir, "log"), { recursive: true });
  renameSync(join(dataDir, "membership"), join(dataDir, "membership.tmp"));
  assert.equal(await clusterAt(dataDir), oldId);
});

test("a damaged note of who the member is stops the start in words", async (context) => {
  const { dataDir } = await recovered(context);
  writeFileSync(join(dataDir, "membership"), '{"clusterId":1,"memberId":2,"configuration":"","checksum":3}\n');
  await assert.rejects(startEtcdServer(memberOptions(dataDir)), /says who this member is, is damaged/);
});

test("where no member has run, there is nothing to recover", async (context) => {
  const dataDir = temporaryFolder(context);
  await assert.rejects(recoverMember({ dataDir, confirm: async () => true }), /no member's log/);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith("log")),
    [],
  );
});

test("a member whose state was lost above a pruned log is no survivor: nothing is decided", async (context) => {
  const dataDir = join(temporaryFolder(context), "data");
  const server = await startEtcdServer(memberOptions(dataDir));
  await untilLeads(server);
  const { clusterId, memberId } = server;
  const { configuration } = server.replica.status;
  await server.close();
  const directory = join(dataDir, "log");
  renameSync(directory, `${directory}.old`);
  mkdirSync(directory);
  const host = createNodeHost();
  context.after(() => host.close());
  const base = { position: { index: 1000, term: 2 }, configuration, configurationIndex: 1 };
  const last = { index: 1001, term: 2, configuration };
  await writeLog({ host, directory, clusterId, memberId, base, entries: (async function* () {})(), last });
  const recovering = recoverMember({ dataDir, confirm: async () => true });
  await assert.rejects(recovering, /begins after 1000/);
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith("log.before-")),
    [],
  );
});
