import { signal } from "@preact/signals";
import { LabActionError } from "../world/lab-action.ts";
import { longestRunFile, readLabRun, type LabRun } from "../world/lab-run.ts";
import { loadSimulatedWorlds } from "../world/watched-world.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";
import type { RunReport } from "./run-report.ts";

/** The run of the simulator that the page shows. */
export type OpenedRun =
  | { readonly kind: "none" }
  | { readonly kind: "opening"; readonly name: string }
  | { readonly kind: "failed"; readonly why: string }
  | { readonly kind: "open"; readonly name: string; readonly world: SimulatedWorld; readonly report: RunReport };

/** Kept while the page is open. */
export const openedRun = signal<OpenedRun>({ kind: "none" });

/** What is being opened: a later one takes the place of an earlier one, however long either takes. */
let newest = 0;

/** A seed, as a link says it: `world=core&seed=353`, and `bug=` with the name of a planted one. */
export function seedLink(world: "core" | "replica", seed: number, bug: string): string {
  const parts = new URLSearchParams({ world, seed: String(seed), ...(bug === "" ? {} : { bug }) });
  return `#/run/${parts.toString()}`;
}

/** What such a link asks for. @throws LabActionError */
export function readSeedLink(argument: string): LabRun {
  const parts = new URLSearchParams(argument);
  const seed = parts.get("seed") ?? "";
  if (!/^\d{1,16}$/.test(seed)) throw new LabActionError(`“${seed}” is no seed: seeds are whole numbers from 0`);
  const setup = {
    kind: "simulated",
    world: parts.get("world") ?? "core",
    bug: parts.get("bug") ?? undefined,
    file: undefined,
    leftAt: undefined,
  };
  return readLabRun({ seed: Number(seed), setup, actions: [] });
}

export async function openSeed(argument: string): Promise<void> {
  await open(`seed ${new URLSearchParams(argument).get("seed") ?? ""}`, async () => readSeedLink(argument));
}

/** A file that was chosen or dropped. */
export async function openFile(file: File): Promise<void> {
  await open(file.name, async () => {
    refuseLong(file.size);
    return file.text();
  });
}

/** The file that `quorate lab FILE` serves beside the page. */
export async function openServed(): Promise<void> {
  const answer = fetch("run.json", { cache: "no-store" });
  // A page that is served by something else has no such file.
  const name = await answer.then(nameOf, () => "run.json");
  await open(name, async () => {
    const response = await answer;
    if (!response.ok) {
      throw new LabActionError("no run is served here: start “quorate lab FILE”, or choose the file below");
    }
    const text = await response.text();
    refuseLong(text.length);
    return text;
  });
}

function nameOf({ headers }: Response): string {
  const [, name] = /filename\*=UTF-8''([^;]+)/.exec(headers.get("content-disposition") ?? "") ?? [];
  return name === undefined ? "run.json" : decodeURIComponent(name);
}

function refuseLong(length: number): void {
  if (length <= longestRunFile) return;
  throw new LabActionError(
    `it has ${(length / 1e6).toFixed(1)} MB, and the lab reads ${longestRunFile / 1e6}: a run's file has kilobytes. ` +
      "Make it smaller with “quorate sim --replay FILE --shrink”",
  );
}

async function open(name: string, read: () => Promise<LabRun | string>): Promise<void> {
  const mine = ++newest;
  const become = (state: OpenedRun): void => {
    if (mine === newest) openedRun.value = state;
  };
  become({ kind: "opening", name });
  try {
    const { SimulatedWorld, reportOf, runOfFile } = await loadCode();
    const given = await read();
    const run = typeof given === "string" ? runOfFile(given) : given;
    // It runs to its end at once, which may take a moment: what is said of it is drawn first.
    await new Promise((drawn) => setTimeout(drawn, 30));
    const world = new SimulatedWorld(run);
    become({ kind: "open", name, world, report: reportOf(world) });
  } catch (error) {
    const why =
      error instanceof LabActionError ? error.message : `it cannot be played: ${String(error)}. ${otherVersion}`;
    become({ kind: "failed", why: `${name} cannot be opened: ${why}${/[.!]$/.test(why) ? "" : "."}` });
  }
}

/** What plays runs of the simulator, which comes with the first of them. @throws LabActionError where it does not come */
async function loadCode() {
  try {
    const [world, report] = await Promise.all([
      import("../world/simulated-world.ts"),
      import("./run-report.ts"),
      loadSimulatedWorlds(),
    ]);
    return { ...world, ...report };
  } catch (error) {
    throw new LabActionError("what plays it could not be loaded: is the lab still served? Load the page anew", {
      cause: error,
    });
  }
}

const otherVersion = "Perhaps it was changed by hand, or another version of Quorate wrote it";
