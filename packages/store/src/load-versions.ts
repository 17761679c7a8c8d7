import type { Callback, Done } from "@quorate/host";
import { historyKey } from "./key-space.ts";
import type { KeyText } from "./key-text.ts";
import { unsealVersion } from "./records.ts";
import { attempt, untilFinished } from "./steps.ts";
import type { Found, Version } from "./version.ts";
import type { View } from "./view.ts";

/** How much of a version a reader needs. */
export type Need = "metadata" | "value";

/** A found key whose version is as complete as was asked for. */
export interface Loaded {
  readonly key: KeyText;
  readonly version: Version;
}

/** Records read and checked in one step, and (where their lengths are known) bytes. */
const recordsPerStep = 128;
const bytesPerStep = 1024 * 1024;

/** Reads from the history what the found versions lack, a bounded piece at a time. */
export function loadVersions(view: View, found: readonly Found[], need: Need, done: Callback<readonly Loaded[]>): void {
  const loaded: Loaded[] = [];
  untilFinished(
    (step) => {
      const missing = takeStep(found, need, loaded);
      if (missing.length === 0) return step(undefined, true);
      readMissing(view, missing, loaded, (error) => step(error ?? view.interrupted(), false));
    },
    (error) => done(error, loaded),
  );
}

/** Takes what is complete, up to the first that is not; returns the next ones to read. */
function takeStep(found: readonly Found[], need: Need, loaded: Loaded[]): Found[] {
  const missing: Found[] = [];
  let bytes = 0;
  for (let index = loaded.length; index < found.length; index++) {
    const { key, version } = found[index] as Found;
    const isComplete = version !== undefined && (need === "metadata" || version.value !== undefined);
    if (isComplete && missing.length > 0) break;
    if (isComplete) {
      loaded.push({ key, version });
      continue;
    }
    bytes += version?.valueLength ?? 0;
    if (missing.length > 0 && (missing.length >= recordsPerStep || bytes > bytesPerStep)) break;
    missing.push(found[index] as Found);
  }
  return missing;
}

function readMissing(view: View, missing: readonly Found[], loaded: Loaded[], done: Done): void {
  const keys = missing.map(({ key, revision }) => historyKey(key, revision, true));
  view.snapshot.getMany(keys, (error, records) => {
    if (error !== undefined) return done(error);
    const read = attempt(() => {
      for (const [index, { key, revision }] of missing.entries()) {
        loaded.push({ key, version: unsealVersion(key, revision, true, records[index]) });
      }
    });
    done(read.error);
  });
}
