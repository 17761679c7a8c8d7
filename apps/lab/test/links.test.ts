import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fingerprintOf, goldenRuns, historyVersion } from "../src/links/history-version.ts";
import { decodeMoment, encodeMoment } from "../src/links/link.ts";
import { linkTo, reproduce, shareMoment } from "../src/links/share.ts";
import { runOfFile } from "../src/runs/run-report.ts";
import { version } from "../src/version.ts";
import { LabActionError } from "../src/world/lab-action.ts";
import type { FreeSetup, LabRun } from "../src/world/lab-run.ts";
import { loadSimulatedWorlds } from "../src/world/watched-world.ts";

const free: LabRun = {
  seed: 7,
  setup: { kind: "free", members: 5, spares: 0, electionTimeoutMs: 1000, delayMs: 10, broken: [] },
  actions: [
    { at: 3_000_000, action: { do: "crash", who: 2 } },
    { at: 5_000_000, action: { do: "start", who: 2 } },
  ],
};
const kept = readFileSync(
  new URL("../../../packages/simulator/test/regressions/vote-without-log-check.json", import.meta.url),
  "utf8",
);
const runs: readonly { readonly what: string; readonly run: LabRun; readonly at: number }[] = [
  { what: "a free world", run: free, at: 4_000_000 },
  { what: "a free world before its last action", run: free, at: 1 },
  {
    what: "a comparison that was taken over",
    run: { seed: 1, setup: { kind: "scenario", name: "figure-8", broken: 1, leftAt: 2_000_000 }, actions: [] },
    at: 2_500_000,
  },
  { what: "a kept run of the simulator", run: runOfFile(kept), at: 100_000 },
];

for (const { what, run, at } of runs) {
  test(`a link to ${what} carries the hash of what its sender saw, and whoever opens it reproduces that`, async () => {
    await loadSimulatedWorlds();
    const shared = decodeMoment(encodeMoment(shareMoment(run, at)));
    assert.deepEqual(shared.run, run);
    assert.equal(shared.version, historyVersion());
    const { isSame, told, world } = reproduce(shared);
    assert.ok(isSame, told);
    assert.equal(world.tape.hash, shared.hash);
    assert.equal(told, `This is the history that the sender of this link saw (hash ${shared.hash}).`);
  });
}

test("a link of another version says so, and whether the history is the same all the same", () => {
  const shared = shareMoment(free, 4_000_000);
  const older = { ...shared, version: "0.0.9+12345678" };
  const same = reproduce(older);
  assert.ok(same.isSame);
  assert.match(
    same.told,
    /^This is the history .* made with version 0\.0\.9\+12345678; this is 0\.1\.0\+[0-9a-f]{8}\.$/,
  );
  const other = reproduce({ ...older, hash: "0123456789abcdef" });
  assert.equal(other.isSame, false);
  assert.match(
    other.told,
    /^This is not the history .* 0123456789abcdef, and is [0-9a-f]{16} here.*made with version 0\.0\.9/,
  );
});

test("a link whose hash does not fit, of this very version, was changed on its way", () => {
  const { told, isSame } = reproduce({ ...shareMoment(free, 4_000_000), run: { ...free, seed: 8 } });
  assert.equal(isSame, false);
  assert.match(told, /The link was changed on its way\./);
});

test("a link without a hash tells what can be told by its version", () => {
  assert.deepEqual(
    [reproduce({ version, run: free, at: 0 }).told, reproduce({ version, run: free, at: 0 }).isSame],
    ["", true],
  );
  assert.match(reproduce({ version: "0.0.8", run: free, at: 0 }).told, /cannot be told.*0\.0\.8/);
});

test("a link that asks for what this version does not know says which version made it", () => {
  const run = { ...free, actions: [{ at: 1, action: { do: "fly", who: 1 } }] } as unknown as LabRun;
  assert.throws(
    () => decodeMoment(encodeMoment({ version: "9.0.0+00000000", run, at: 0 })),
    (error) =>
      error instanceof LabActionError && /"fly".*made with version 9\.0\.0\+00000000, and this is/.test(error.message),
  );
  assert.throws(() => decodeMoment(encodeMoment({ version, run: free, at: 0, hash: "no hash" })), LabActionError);
});

test("a run that is too long for a link is not made one", () => {
  const long = runOfFile(`${kept}${" ".repeat(60_000)}`);
  assert.equal(linkTo({ version, run: long, at: 0 }), undefined);
  assert.match(linkTo({ version, run: free, at: 0 }) ?? "", /^#\/stage\//);
});

function withBroken(run: LabRun, rule: string): LabRun {
  return { ...run, setup: { ...(run.setup as FreeSetup), broken: [rule] } };
}

test("the fingerprint is that of the histories: it stays with the same code, and is another with other rules", () => {
  const shipped = fingerprintOf(goldenRuns);
  assert.equal(fingerprintOf(goldenRuns), shipped);
  assert.equal(historyVersion(), `${version}+${shipped}`);
  const changed = [
    "votes are given without a look at the log",
    "no pre-vote is ever granted",
    "half of the members are enough to commit",
    "several voters change in one phase",
    "answers leave before the disk has what they promise",
    "a leader that nobody answers goes on (no check-quorum)",
  ].map((rule) => fingerprintOf(goldenRuns.map((run) => withBroken(run, rule))));
  assert.equal(new Set([shipped, ...changed]).size, changed.length + 1);
});

test("the version is that of the package", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  assert.equal((JSON.parse(text) as { version: string }).version, version);
});
