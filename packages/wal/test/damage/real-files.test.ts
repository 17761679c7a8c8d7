import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openWal, type OpenedWal, type Recovered, type WalError } from "@quorate/wal";
import { NodeDisk } from "../../../host-node/src/disk.ts";
import { clusterId, memberId, seeded, tickingClock, tryOpen } from "../bench-log.ts";
import { byteDamages } from "./byte-damage.ts";
import { fileDamages } from "./file-damage.ts";
import { diskOf } from "./judge.ts";
import { activeSegment, quietLog, specimenSegmentBytes, type Specimen } from "./specimen.ts";

type Files = ReadonlyMap<string, Uint8Array>;

/** How an opening came out, in words that do not depend on the directory. */
type Told = Omit<Recovered, "configurations"> | string;

function told(outcome: OpenedWal | WalError | undefined, directory: string): Told {
  const neutral = (text: string | undefined): string | undefined => text?.replaceAll(directory, "/log");
  if (outcome === undefined) return "never";
  if (outcome instanceof Error) return `${outcome.code}: ${neutral(outcome.message)}`;
  const { configurations: _, ...rest } = outcome.recovered;
  return { ...rest, damage: neutral(rest.damage), tornTail: neutral(rest.tornTail) };
}

function inMemory(specimen: Specimen, files: Files): Told {
  const outcome = tryOpen(diskOf(files), specimen.options);
  return told(outcome instanceof Error ? outcome : outcome?.opened, "/log");
}

async function onFiles(disk: NodeDisk, directory: string, files: Files): Promise<Told> {
  mkdirSync(directory);
  for (const [path, bytes] of files) writeFileSync(join(directory, path.slice("/log/".length)), bytes);
  const events = { stored: () => {}, failed: () => {} };
  const outcome = await new Promise<OpenedWal | WalError>((done) => {
    const host = { disk, clock: tickingClock() };
    const options = { host, directory, clusterId, memberId, segmentBytes: specimenSegmentBytes, events };
    openWal(options, (error, opened) => done(error ?? opened));
  });
  if (!(outcome instanceof Error)) await new Promise<void>((done) => outcome.wal.close(() => done()));
  return told(outcome, directory);
}

/** Some damage of each kind: to the last segment, to others, to whole files. */
function* sample(specimen: Specimen): Generator<Files> {
  const random = seeded(11);
  for (const [path, bytes] of specimen.files) {
    for (const [turn, { damage }] of byteDamages.entries()) {
      if (path !== activeSegment(specimen) && turn % 4 !== 0) continue;
      const at = turn % 2 === 0 ? 4096 + Math.floor(random() * 200) : Math.floor(random() * bytes.length);
      yield new Map([...specimen.files, [path, damage(bytes, at, random)]]);
    }
  }
  let turn = 0;
  for (const { files } of fileDamages(specimen)) if (turn++ % 12 === 0) yield files;
}

test("real files are judged as those in memory are, whatever was done to them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-damage-"));
  const disk = new NodeDisk();
  const specimen = quietLog();
  const kinds = new Set<string>();
  try {
    let number = 0;
    for (const files of sample(specimen)) {
      const found = await onFiles(disk, join(folder, String(number++)), files);
      assert.deepEqual(found, inMemory(specimen, files));
      kinds.add(
        typeof found === "string" ? "refused" : found.damage ? "quarantined" : found.tornTail ? "torn" : "whole",
      );
    }
    assert.ok(number > 40);
    assert.deepEqual([...kinds].sort(), ["quarantined", "refused", "torn", "whole"]);
  } finally {
    await new Promise<void>((done) => disk.close(() => done()));
    rmSync(folder, { recursive: true, force: true });
  }
});
