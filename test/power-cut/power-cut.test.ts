import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createNodeHost } from "@quorate/host-node";
import { runCampaign, worldPlan } from "./campaign.ts";
import { chooseCuts } from "./cut.ts";
import { omissions } from "./program-changes.ts";
import { missingTracer, record } from "./record.ts";
import { serveAfterCuts } from "./served-member.ts";
import { fastFolder } from "./worker-pool.ts";

/** How many power cuts, and the seed that they follow from. */
const cuts = Number(process.env["QUORATE_POWER_CUTS"] ?? 150);
const seed = Number(process.env["QUORATE_POWER_CUT_SEED"] ?? Math.floor(Date.now() / 1000));

const missing = await missingTracer();
// In continuous integration nothing that must be shown may be left out in silence.
if (missing !== undefined && process.env["CI"] === "true") throw new Error(missing);
const skip = missing ?? false;

test(`nothing acknowledged or promised is lost in ${cuts} power cuts`, { skip, timeout: 600_000 }, async (context) => {
  const lines: string[] = [];
  const { summary, failures } = await runCampaign({
    cuts,
    seed,
    members: [1, 3],
    names: "posix",
    requests: 250,
    restarts: 2,
    omissions: [],
    tell: (line) => void lines.push(line),
  });
  context.diagnostic([`seed ${seed}`, ...lines, "", summary.describe()].join("\n"));
  assert.equal(summary.cuts, cuts);
  assert.deepEqual(failures.slice(0, 5), []);
});

/** How many cuts, in recordings of how many requests: without the WAL's syncs almost every cut loses data. */
const efforts = {
  "wal-sync": { cuts: 16, requests: 300 },
  "directory-sync": { cuts: 24, requests: 300 },
  "checkpoint-sync": { cuts: 100, requests: 900 },
};

for (const omission of omissions) {
  test(`without ${omission} power cuts lose data, and the check says so`, {
    skip,
    timeout: 600_000,
  }, async (context) => {
    const { summary, failures } = await runCampaign({
      ...efforts[omission],
      seed,
      members: [1],
      names: "posix",
      restarts: 0,
      omissions: [omission],
      // A member that has only just begun has little to lose.
      from: 0.3,
      tell: () => {},
    });
    context.diagnostic(`${failures.length} of ${summary.cuts} power cuts had findings; the first:\n${failures[0]}`);
    assert.ok(failures.length > 0, `${omission} was left out, and ${summary.cuts} power cuts did not show it`);
  });
}

for (const members of [1, 3]) {
  test(`quorate serve starts from what a power cut leaves of ${members}`, { skip, timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "quorate-power-cut-recording-"));
    const scratch = fastFolder();
    const real = createNodeHost();
    try {
      const recording = await record(folder, worldPlan({ requests: 150, restarts: 1, omissions: [] }, members, seed));
      assert.deepEqual(
        await serveAfterCuts(real, scratch, recording, chooseCuts(recording.recorded, 2, seed, 0.2)),
        [],
      );
    } finally {
      await real.close();
      rmSync(scratch, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
