import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createNodeHost } from "@quorate/host-node";
import { checkCut, prepareCut, type CutReport, type CutSurroundings, type PreparedCut } from "./check-cut.ts";
import type { Cut } from "./cut.ts";
import { FileSystem } from "./file-system.ts";
import type { Recording } from "./record.ts";
import { Reference } from "./reference.ts";
import type { NameOrder } from "./survivors.ts";

export interface RunOptions {
  readonly recording: Recording;
  /** In ascending order of their positions. */
  readonly cuts: readonly Cut[];
  readonly order: NameOrder;
  /** Where directories are rebuilt; emptied of each cut that passes. */
  readonly folder: string;
  /** How many cuts are examined beside each other: most of an examination is waiting for an election. */
  readonly atOnce: number;
  readonly report: (report: CutReport) => void;
}

/** Examines cuts in this process. Throws when what the members held in the end contradicts the clients. */
export async function runCuts({ recording, cuts, order, folder, atOnce, report }: RunOptions): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const real = createNodeHost();
  const reference = await Reference.open(real, join(folder, "reference"), recording);
  try {
    const wrong = await reference.check(recording.world.seed);
    if (wrong.length > 0) throw new Error(`without any power cut:\n${wrong.slice(0, 20).join("\n")}`);
    const surroundings: CutSurroundings = { real, recording, reference, order, folder };
    await examineAll(surroundings, cuts, atOnce, report);
  } finally {
    await reference.close();
    rmSync(join(folder, "reference"), { recursive: true, force: true });
    await real.close();
  }
}

async function examineAll(
  surroundings: CutSurroundings,
  cuts: readonly Cut[],
  atOnce: number,
  report: (report: CutReport) => void,
): Promise<void> {
  const { recorded } = surroundings.recording;
  const system = new FileSystem(recorded);
  let passed = 0;
  const underWay = new Set<Promise<void>>();
  const examine = async (prepared: PreparedCut): Promise<void> => {
    const result = await checkCut(surroundings, prepared);
    if (result.findings.length === 0) rmSync(prepared.folder, { recursive: true, force: true });
    report(result);
  };
  for (const cut of cuts) {
    for (; passed < cut.position; passed++) system.pass(recorded.moments[passed] as number);
    const work = examine(prepareCut(surroundings, system, cut)).finally(() => underWay.delete(work));
    underWay.add(work);
    if (underWay.size >= atOnce) await Promise.race(underWay);
  }
  await Promise.all(underWay);
}
