import { electionStories } from "./elections.ts";
import { logStories } from "./logs.ts";
import { memberStories } from "./members.ts";
import { networkStories } from "./networks.ts";
import { readStories } from "./reads.ts";
import { stateStories } from "./states.ts";
import type { Story } from "./story.ts";

/** All ready-made comparisons, in the order of the list. */
export const stories: readonly Story[] = [
  ...electionStories,
  ...networkStories,
  ...logStories,
  ...readStories,
  ...memberStories,
  ...stateStories,
];
