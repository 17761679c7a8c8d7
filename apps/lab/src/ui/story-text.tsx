import type { Story } from "../stories/story.ts";
import type { Comparison } from "./comparison.ts";

/** The steps of the story; the one that is being told stands out, and each leads to its moment. */
export function StoryText({ story, comparison }: { readonly story: Story; readonly comparison: Comparison }) {
  const timeouts = comparison.timeoutsSinceBegin;
  const last = story.steps.length;
  const told = story.steps.findLastIndex(({ at }) => at <= timeouts + 0.001);
  const present = comparison.since >= comparison.length ? last : told;
  const moments = [
    ...story.steps.map(({ at, text }) => ({
      name: at === 0 ? "Begin" : `after ${Number(at.toFixed(1))} T`,
      text,
      show: () => comparison.showTimeouts(at),
    })),
    {
      name: "End",
      text: `Left: ${story.outcome.shipped} Right: ${story.outcome.broken}`,
      show: () => comparison.showEnd(),
    },
  ];
  return (
    <ol class="story">
      {moments.map(({ name, text, show }, place) => (
        <li
          key={text}
          class={place === present ? "is-present" : ""}
          aria-current={place === present ? "step" : undefined}
        >
          <button type="button" class="link" onClick={show}>
            {name}
          </button>{" "}
          <span class="text">{text}</span>
        </li>
      ))}
    </ol>
  );
}
