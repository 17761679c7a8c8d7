import { HistoryHash } from "@quorate/simulator";
import { version } from "../version.ts";
import type { LabAction, TimedAction } from "../world/lab-action.ts";
import type { LabRun } from "../world/lab-run.ts";
import { LabWorld } from "../world/lab-world.ts";

/** How often something is done, in µs, and how often in all. */
const pace = 50_000;
const turns = 48;

/** What is done in turn, to one member after the other; cores refuse what only their leader takes, so that is asked of all. */
const course: readonly ((who: number, all: readonly number[]) => readonly LabAction[])[] = [
  (who, all) => [{ do: "partition", groups: [[who, all[who % 5] as number]] }],
  (_, all) => all.map((to) => ({ do: "write", to, count: 2 })),
  (who) => [{ do: "read-by-clock", from: who }],
  (_, all) => [{ do: "heal" }, ...all.map((to): LabAction => ({ do: "write", to, count: 3 }))],
  (who, all) =>
    all.map((by) => ({ do: "members", by, voters: all.filter((id) => id !== who), learners: [], promotable: [] })),
  (who) => [{ do: "crash", who }],
  (_, all) => all.map((from) => ({ do: "read", from })),
  (who) => [{ do: "start", who: ((who + 3) % 5) + 1 }],
  (_, all) => all.map((by) => ({ do: "members", by, voters: all, learners: [6], promotable: [6] })),
  (who, all) => all.map((from) => ({ do: "hand-over", from, to: who })),
  (_, all) => all.map((to) => ({ do: "write", to, count: 1 })),
  (who) => [{ do: "prune", who }],
  (who, all) => [
    { do: "link", from: who, to: 0, delayMs: 10, jitterMs: 20, loss: 0.2, duplicates: 0.2 },
    ...all.map((by): LabAction => ({ do: "abandon", by })),
  ],
];

function goldenActions(): TimedAction[] {
  const all = [1, 2, 3, 4, 5];
  return Array.from({ length: turns }, (_, turn) => {
    const does = course[turn % course.length] as (typeof course)[number];
    return does((turn % 5) + 1, all).map((action) => ({ at: 300_000 + turn * pace, action }));
  }).flat();
}

/**
 * Runs in which much of what a link can ask for happens: what changes the meaning of a seed and a list of actions changes
 * the history of one of these, as a rule. (Whether it is so of a certain link, that link's own hash tells.)
 */
export const goldenRuns: readonly LabRun[] = [1, 2].map((seed) => ({
  seed,
  setup: { kind: "free", members: 5, spares: 1, electionTimeoutMs: 40, delayMs: 2, broken: [] },
  actions: goldenActions(),
}));

const goldenMicros = 300_000 + (turns + 6) * pace;

/** Of the histories of these runs, in eight hexadecimal digits. */
export function fingerprintOf(runs: readonly LabRun[]): string {
  const hash = new HistoryHash();
  for (const run of runs) {
    const world = new LabWorld(run);
    world.advance(goldenMicros);
    hash.addBytes(new TextEncoder().encode(world.tape.hash));
  }
  return hash.digest().slice(0, 8);
}

let known: string | undefined;

/**
 * The version that links carry: that of Quorate, and a fingerprint of the histories that the code in this page makes. It is worked
 * out by running them, when it is asked for first: so it changes with the code and with nothing else, and nobody keeps it.
 */
export function historyVersion(): string {
  known ??= `${version}+${fingerprintOf(goldenRuns)}`;
  return known;
}
