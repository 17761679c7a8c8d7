import { LabActionError } from "../world/lab-action.ts";
import type { Tuned } from "../tuning/tuning.ts";
import { tuningsOf } from "../tuning/library.ts";
import type { Story } from "./story.ts";

/** What a comparison is run with. */
export interface Chosen {
  readonly seed: number;
  readonly tuned: Tuned;
}

/** What a story is run with, as it stands behind its name in an address; nothing where it is as told. */
export function writeChosen({ seed, tuned }: Chosen): string {
  const parts = new URLSearchParams(Object.entries(tuned).map(([name, value]) => [name, String(value)]));
  if (seed !== 1) parts.set("seed", String(seed));
  return parts.toString();
}

/** @throws LabActionError for what the story does not have. */
export function readChosen(story: Story, text: string): Chosen {
  let seed = 1;
  const tuned: Record<string, number> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const number = Number(value);
    if (name === "seed") {
      if (!Number.isInteger(number) || number < 1 || number > 2 ** 31)
        throw new LabActionError(`"${value}" is no seed`);
      seed = number;
      continue;
    }
    const tuning = tunedBy(story).find((one) => one.name === name);
    const [least = 0] = tuning?.values ?? [];
    const most = tuning?.values.at(-1) ?? 0;
    if (tuning === undefined || value === "" || !(number >= least && number <= most)) {
      throw new LabActionError(`“${name}” cannot be ${value === "" ? "nothing" : value} here`);
    }
    if (number !== tuning.told) tuned[name] = number;
  }
  return { seed, tuned };
}

/** What the reader of a story may set otherwise. */
export function tunedBy({ scenario, tunes }: Story): ReturnType<typeof tuningsOf> {
  return tuningsOf(scenario).filter(({ name }) => tunes === undefined || tunes.includes(name));
}
