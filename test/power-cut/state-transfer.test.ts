import assert from "node:assert/strict";
import { mkdtempSync, mkdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { createLevelHome } from "@quorate/host-node";
import { MemoryHome } from "@quorate/store";
import { chooseCuts, placeOf } from "./cut.ts";
import { FileSystem } from "./file-system.ts";
import type { Recorded } from "./operations.ts";
import { SeededRandom } from "./random.ts";
import { compareWithFiles, missingTracer, runTraced } from "./record.ts";
import { StoreOfHome, type SeenState } from "./store-of-home.ts";
import { writeTree } from "./stored-tree.ts";
import { straceArguments } from "./strace-arguments.ts";
import { readStraceOutput } from "./strace-output.ts";
import { choosePolicies, survivorOf } from "./survivors.ts";
import { afterwards, transferStages } from "./transfer-stages.ts";
import { fastFolder } from "./worker-pool.ts";

/** How many power cuts, and the seed that they follow from. */
const cuts = Number(process.env["QUORATE_TRANSFER_CUTS"] ?? 40);
const seed = Number(process.env["QUORATE_POWER_CUT_SEED"] ?? Math.floor(Date.now() / 1000));

const missing = await missingTracer();
const skip = missing ?? false;

interface RecordedTransfers {
  readonly recorded: Recorded;
  readonly stages: readonly SeenState[];
}

async function recordTransfers(context: TestContext): Promise<RecordedTransfers> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "quorate-transfers-")));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const output = join(folder, "strace.txt");
  const world = fileURLToPath(new URL("./transfer-world.ts", import.meta.url));
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", "--conditions=@quorate/source", world];
  await runTraced([...straceArguments(output), ...node, folder]);
  const recorded = readStraceOutput(readFileSync(output), folder, ["receiver"]);
  compareWithFiles(recorded, ["receiver"]);
  return { recorded, stages: JSON.parse(readFileSync(join(folder, "stages.json"), "utf8")) as SeenState[] };
}

/** The last stage that was durable, as the program was told, at a position of the recording. */
function reachedAt({ operations, moments }: Recorded, position: number): number {
  let reached = -1;
  for (const moment of moments.slice(0, position)) {
    const operation = operations[moment >> 1];
    if (operation?.kind === "acknowledged") reached = operation.id;
  }
  return reached;
}

test(`a power cut at any moment of state transfers leaves the old state or the new one (${cuts} cuts)`, {
  skip,
  timeout: 300_000,
}, async (context) => {
  const { recorded, stages } = await recordTransfers(context);
  const scratch = fastFolder();
  context.after(() => rmSync(scratch, { recursive: true, force: true }));
  const system = new FileSystem(recorded);
  const found = new Map<string, number>();
  let passed = 0;
  for (const cut of chooseCuts(recorded, cuts, seed)) {
    while (passed < cut.position) system.pass(recorded.moments[passed++] as number);
    const random = new SeededRandom(cut.seed);
    const losses = { blocks: 0, lostBlocks: 0, names: 0, lostNames: 0, otherSizes: 0 };
    const policies = choosePolicies(random, "posix");
    const folder = join(scratch, `cut-${cut.position}-${cut.seed}`);
    mkdirSync(folder);
    writeTree(join(folder, "receiver"), survivorOf(system, "receiver", policies, random, losses));
    mkdirSync(join(folder, "receiver"), { recursive: true });
    const when = `seed ${seed}, position ${cut.position} (${placeOf(recorded, cut.position)}), ${JSON.stringify(policies)}`;
    const stage = await stageIn(join(folder, "receiver", "state"), stages, when);
    const reached = reachedAt(recorded, cut.position);
    assert.ok(
      stage >= reached && stage <= reached + 1,
      `${when}: stage ${stage} was found, and ${reached} was durable`,
    );
    found.set(`${stage - Math.max(0, reached)}`, (found.get(`${stage - Math.max(0, reached)}`) ?? 0) + 1);
    rmSync(folder, { recursive: true, force: true });
  }
  context.diagnostic(`seed ${seed}: ${JSON.stringify(Object.fromEntries(found))} stages beyond what was durable`);
});

/** Which stage's state lies there, sound, and fit to receive the next one. */
async function stageIn(directory: string, stages: readonly SeenState[], when: string): Promise<number> {
  const store = await StoreOfHome.open(createLevelHome(directory)).catch((cause: unknown) => {
    throw new Error(`${when}: the state does not open`, { cause });
  });
  const state = await store.seen();
  const stage = stages.findIndex((known) => JSON.stringify(known) === JSON.stringify(state));
  assert.ok(stage >= 0, `${when}: the state is none of the known: ${JSON.stringify(state)}`);
  assert.equal(await store.damage(), undefined, when);
  const sender = await StoreOfHome.open(new MemoryHome({ schedule: (callback) => setImmediate(callback) }));
  await sender.apply([...transferStages.flatMap(({ commands }) => commands), ...afterwards]);
  await sender.sendTo(store, store.point());
  const [sent, installed] = [await sender.seen(), await store.seen()];
  assert.deepEqual(installed, sent, `${when}: and it receives the next one`);
  await store.close();
  return stage;
}
