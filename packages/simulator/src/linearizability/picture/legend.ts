import type { Bar, Layout } from "./layout.ts";

/** What each colour means, where something has it. */
const entries: readonly (readonly [classes: string, text: string, isUsed: (bar: Bar) => boolean])[] = [
  ["q-bar", "in the longest possible order, by number", ({ place }) => place !== undefined],
  ["q-blocked", "fits nowhere in it", ({ blocked }) => blocked],
  ["q-contradicts", "contradict each other", ({ contradicts, blocked }) => contradicts && !blocked],
  [
    "q-unplaced",
    "not in it",
    ({ place, blocked, operation }) => place === undefined && !blocked && operation.return !== undefined,
  ],
  [
    "q-unplaced q-open",
    "no answer: at any time from then on, or never",
    ({ operation }) => operation.return === undefined,
  ],
  ["q-state", "the state along that order", () => true],
];

/** The classes and the words for what a picture shows. */
export function legendOf({ bars }: Layout): readonly { readonly classes: string; readonly text: string }[] {
  return entries.filter(([, , isUsed]) => bars.some(isUsed)).map(([classes, text]) => ({ classes, text }));
}

export const axisNote = "Time runs to the right, not to scale.";
