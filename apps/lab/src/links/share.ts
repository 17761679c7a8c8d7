import type { LabRun } from "../world/lab-run.ts";
import { makeWorld, type WatchedWorld } from "../world/watched-world.ts";
import { historyVersion } from "./history-version.ts";
import { encodeMoment, type SharedMoment } from "./link.ts";

/** A link that is longer does not survive mail, chat and address bars. */
export const longestLink = 60_000;

/** A moment as others are shown it, with the hash of the history up to it. */
export function shareMoment(run: LabRun, at: number): SharedMoment {
  const world = worldAt(run, at);
  return { version: historyVersion(), run, at, hash: world.tape.hash };
}

/** What stands behind the # of an address, of the stage or another page; undefined where it would be too long. */
export function linkTo(moment: SharedMoment, page = "stage"): string | undefined {
  const text = `#/${page}/${encodeMoment(moment)}`;
  return text.length > longestLink ? undefined : text;
}

export interface Reproduced {
  /** At the very moment. */
  readonly world: WatchedWorld;
  /** Whether it is the history that the sender saw, in words. */
  readonly told: string;
  readonly isSame: boolean;
}

/** Runs what a link says up to its moment, and holds the history against its sender's. */
export function reproduce({ version, run, at, hash }: SharedMoment): Reproduced {
  const world = worldAt(run, at);
  const own = historyVersion();
  const isOwn = version === own;
  const made = isOwn ? "" : ` It was made with version ${version}; this is ${own}.`;
  if (hash === undefined) {
    // A link from one page of the lab to another says no more than its version, without a fingerprint.
    const isKnown = isOwn || own.startsWith(`${version}+`);
    const told = isKnown ? "" : `Whether this is the history that the sender of this link saw cannot be told.${made}`;
    return { world, told, isSame: isKnown };
  }
  if (world.tape.hash === hash) {
    return {
      world,
      told: `This is the history that the sender of this link saw (hash ${hash}).${made}`,
      isSame: true,
    };
  }
  const told =
    `This is not the history that the sender of this link saw: its hash was ${hash}, and is ${world.tape.hash} here.` +
    (isOwn ? " The link was changed on its way." : made);
  return { world, told, isSame: false };
}

function worldAt(run: LabRun, at: number): WatchedWorld {
  const world = makeWorld(run);
  world.advance(at);
  return world;
}
