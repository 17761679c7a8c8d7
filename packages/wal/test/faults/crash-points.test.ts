import { test } from "node:test";
import { seeded } from "../bench-log.ts";
import { CrashDisk } from "../crash-disk.ts";
import { checkAfterlife, LogLife, type LifeOptions } from "./log-life.ts";

const isFull = process.env["QUORATE_DAMAGE"] === "full";

/** Segments that roll every few records; and large ones, in which zeros are written ahead while records are. */
const sizes = [
  { segmentBytes: 8192, payloadBytes: 300, everySecondCrash: 1 },
  { segmentBytes: 1536 * 1024, payloadBytes: 50_000, everySecondCrash: 7 },
];
type Size = (typeof sizes)[number];

function optionsFor(disk: CrashDisk, { segmentBytes, payloadBytes }: Size): LifeOptions {
  return { segmentBytes, payloadBytes, disk, directory: "/log", settled: async () => disk.run() };
}

/** How a disk may look after the machine or the process has died. */
const ends: readonly ((disk: CrashDisk, seed: number) => CrashDisk)[] = [
  (disk) => disk.afterKill(),
  (disk) => disk.afterKill().afterPowerCut(() => 0.9),
  (disk, seed) => disk.afterKill().afterPowerCut(seeded(seed)),
  (disk) => disk.afterKill().afterPowerCut(() => 0.1),
];

/** Runs a life until the disk goes down; the life says what had been stored. False when it lived to its end. */
async function liveUntil(crashAt: number, size: Size): Promise<{ life: LogLife; disk: CrashDisk } | undefined> {
  const disk = new CrashDisk();
  disk.crashAt = crashAt;
  const life = new LogLife({ ...optionsFor(disk, size), mayGoDown: () => disk.isDown });
  await life.live();
  return disk.isDown ? { life, disk } : undefined;
}

for (const size of sizes) {
  test(`a crash between any two steps, and another while recovering, with segments of ${size.segmentBytes} bytes`, async (context) => {
    let crashes = 0;
    let recoveries = 0;
    for (let crashAt = 1; ; crashAt++) {
      const crashed = await liveUntil(crashAt, size);
      if (crashed === undefined) break;
      crashes++;
      const { life, disk } = crashed;
      for (const [which, end] of ends.entries()) {
        // In the short form the ways of dying take turns.
        if (!isFull && which !== crashAt % ends.length) continue;
        const left = end(disk, crashAt);
        recoveries += await recoverWithCrashes(life, left, size, crashAt, which);
        await checkAfterlife(life, optionsFor(left, size));
        recoveries++;
      }
    }
    context.diagnostic(`${crashes} moments of a crash, ${recoveries} recoveries`);
  });
}

/** Recovers from the same disk again and again, each time with a second crash at the next operation. */
async function recoverWithCrashes(
  life: LogLife,
  left: CrashDisk,
  size: Size,
  seed: number,
  which: number,
): Promise<number> {
  const step = isFull ? size.everySecondCrash : 2 * size.everySecondCrash;
  let recoveries = 0;
  for (let again = 1 + (seed % step); ; again += step) {
    const disk = left.afterKill();
    disk.crashAt = again;
    const second = new LogLife({ ...optionsFor(disk, size), mayGoDown: () => disk.isDown });
    await second.open();
    if (!disk.isDown) return recoveries;
    const end = ends[(which + again) % ends.length] as (typeof ends)[number];
    await checkAfterlife(life, optionsFor(end(disk, seed + again), size));
    recoveries++;
  }
}
