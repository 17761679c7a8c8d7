import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chooseCuts } from "./cut.ts";
import { CutSummary, describeFailure } from "./cut-summary.ts";
import { record } from "./record.ts";
import { SeededRandom } from "./random.ts";
import type { NameOrder } from "./survivors.ts";
import { fastFolder, runInPool } from "./worker-pool.ts";
import type { WorldPlan } from "./world-plan.ts";

export interface CampaignOptions {
  readonly cuts: number;
  readonly seed: number;
  /** How many members the recorded clusters have, one recording after the other. */
  readonly members: readonly number[];
  readonly names: NameOrder;
  /** Answered requests per phase of a recording. */
  readonly requests: number;
  readonly restarts: number;
  /** Changes of the program (`program-changes.ts`) besides the small files. */
  readonly omissions: readonly string[];
  /** Cuts come after this part of a recording, from 0 to 1: 0 unless given. */
  readonly from?: number;
  readonly tell: (line: string) => void;
}

export interface CampaignResult {
  readonly summary: CutSummary;
  /** For people: each failure with the line that repeats it. Empty when there is none. */
  readonly failures: readonly string[];
}

/**
 * Records clusters and examines power cuts of each. The recording of a failure is kept; everything else is removed.
 */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const summary = new CutSummary();
  const failures: string[] = [];
  const random = new SeededRandom(options.seed);
  // Where a sync is left out, findings are what is wanted, and there are many.
  const isExpected = options.omissions.length > 0;
  const share = Math.ceil(options.cuts / options.members.length);
  for (const members of options.members) {
    const recordingFolder = mkdtempSync(join(tmpdir(), "quorate-power-cut-recording-"));
    const scratch = fastFolder();
    const before = failures.length;
    try {
      const seed = Math.floor(random.next() * 2 ** 31);
      const began = performance.now();
      const { recorded } = await record(recordingFolder, worldPlan(options, members, seed));
      const tookMs = performance.now() - began;
      const bytes = (recorded.bytes.length / 1e6).toFixed(1);
      options.tell(
        `recorded ${members} member${members > 1 ? "s" : ""} in ${(tookMs / 1000).toFixed(1)} s: ` +
          `${recorded.operations.length} operations, ${bytes} MB written (seed ${seed})`,
      );
      await runInPool({
        recordingFolder,
        cuts: chooseCuts(recorded, Math.min(share, options.cuts - summary.cuts), seed, options.from),
        nameOrder: options.names,
        folder: scratch,
        report: (report) => {
          summary.add(report);
          const kept = isExpected ? undefined : recordingFolder;
          if (report.findings.length > 0) failures.push(describeFailure(report, kept, options.names));
        },
      });
    } finally {
      const isKept = failures.length > before && !isExpected;
      rmSync(scratch, { recursive: true, force: true });
      if (!isKept) rmSync(recordingFolder, { recursive: true, force: true });
    }
  }
  return { summary, failures };
}

export function worldPlan(
  { requests, restarts, omissions }: Pick<CampaignOptions, "requests" | "restarts" | "omissions">,
  members: number,
  seed: number,
): WorldPlan {
  const alone = members === 1;
  return {
    seed,
    members,
    // A follower that is traced is slow: several must not take that for a dead leader.
    electionTimeoutMs: alone ? 50 : 500,
    writersEach: alone ? 8 : 4,
    requests,
    restarts,
    changes: ["small", ...omissions],
  };
}
