import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { NodeDisk } from "../../../host-node/src/disk.ts";
import { seeded } from "../bench-log.ts";
import { CrashDisk } from "../crash-disk.ts";
import { faults, FaultyDisk, type Fault } from "./faulty-disk.ts";
import { checkAfterlife, LogLife, type LifeOptions } from "./log-life.ts";

const isFull = process.env["QUORATE_DAMAGE"] === "full";

/** Operations whose failure takes nothing away: what they leave behind is cleared up at the next opening. */
const harmless = /^(remove|close|syncDirectory)$/;

/** Segments that roll every few records; and large ones, in which zeros are written ahead while records are. */
const sizes = [
  { segmentBytes: 8192, payloadBytes: 300 },
  { segmentBytes: 1536 * 1024, payloadBytes: 50_000 },
];

async function inMemory(size: (typeof sizes)[number], fault: Fault, faultAt: number) {
  const below = new CrashDisk();
  const disk = new FaultyDisk(below);
  Object.assign(disk, { fault, faultAt });
  const settled = async (): Promise<void> => below.run();
  const life = new LogLife({ ...size, disk, directory: "/log", settled });
  await life.live();
  return { life, disk, below };
}

function checkReport(life: LogLife, disk: FaultyDisk, where: string, silent: Map<string, number>): void {
  const reports = life.failures.length + life.refusals.length;
  const { kind, path } = disk.struck ?? { kind: "none", path: "" };
  assert.ok(reports <= 1, `${where}: reported ${reports} times`);
  assert.equal(disk.openFiles, 0, `${where}: ${kind} ${path} failed, and files stay open`);
  for (const { code } of life.refusals) assert.equal(code, "io", where);
  if (reports === 1) return;
  assert.match(kind, harmless, `${where}: the failure of ${kind} ${path} was not reported`);
  silent.set(kind, (silent.get(kind) ?? 0) + 1);
}

for (const size of sizes) {
  test(`every operation in turn fails in four ways, with segments of ${size.segmentBytes} bytes`, async (context) => {
    const whole = await inMemory(size, "no space", Number.POSITIVE_INFINITY);
    assert.equal(whole.life.stored, whole.life.states.length - 1);
    const silent = new Map<string, number>();
    let cases = 0;
    const step = isFull || size.segmentBytes === 8192 ? 1 : 5;
    for (const fault of faults) {
      for (let faultAt = 1; faultAt <= whole.disk.operations; faultAt += step) {
        const { life, disk, below } = await inMemory(size, fault, faultAt);
        checkReport(life, disk, `${fault} at operation ${faultAt}`, silent);
        cases += await checkAfterFault(life, below, size, faultAt);
      }
    }
    report(context, cases, silent);
  });
}

/** The process dies; or the power fails, so that pages that could not be synced are partly there, or not at all. */
async function checkAfterFault(
  life: LogLife,
  below: CrashDisk,
  size: (typeof sizes)[number],
  seed: number,
): Promise<number> {
  const ends = [
    below.afterKill(),
    below.afterKill().afterPowerCut(() => 0.9),
    below.afterKill().afterPowerCut(seeded(seed)),
  ];
  for (const disk of ends) {
    const settled = async (): Promise<void> => disk.run();
    await checkAfterlife(life, { ...size, disk, directory: "/log", settled });
  }
  return ends.length;
}

function report(context: TestContext, cases: number, silent: ReadonlyMap<string, number>): void {
  const quiet = [...silent].map(([kind, count]) => `${kind} ${count}`).join(", ");
  context.diagnostic(`${cases} reopenings; failures that cost nothing and are not reported: ${quiet}`);
}

test("the same on real files: what was reported as stored is there after a failure of any operation", async (context) => {
  const disk = new NodeDisk();
  const folder = mkdtempSync(join(tmpdir(), "quorate-faults-"));
  const silent = new Map<string, number>();
  let lives = 0;
  const liveOnce = async (fault: Fault, faultAt: number): Promise<FaultyDisk> => {
    const faulty = new FaultyDisk(disk);
    Object.assign(faulty, { fault, faultAt });
    const directory = join(folder, String(lives++));
    const life = new LogLife(placeOf(faulty, directory));
    await life.live();
    if (faultAt < Number.POSITIVE_INFINITY) checkReport(life, faulty, `${fault} at operation ${faultAt}`, silent);
    await checkAfterlife(life, placeOf(new FaultyDisk(disk), directory));
    return faulty;
  };
  try {
    const { operations } = await liveOnce("no space", Number.POSITIVE_INFINITY);
    let turn = 0;
    for (let faultAt = 1; faultAt <= operations; faultAt += isFull ? 1 : 7) {
      for (const fault of isFull ? faults : [faults[turn++ % faults.length] as Fault]) await liveOnce(fault, faultAt);
    }
    report(context, lives, silent);
  } finally {
    await new Promise<void>((done) => disk.close(() => done()));
    rmSync(folder, { recursive: true, force: true });
  }
});

function placeOf(disk: FaultyDisk, directory: string): LifeOptions {
  const settled = async (): Promise<void> => {
    while (disk.underWay > 0) await new Promise((done) => setImmediate(done));
  };
  return { segmentBytes: 8192, payloadBytes: 300, disk, directory, settled };
}
