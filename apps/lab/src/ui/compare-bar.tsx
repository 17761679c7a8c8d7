import type { Comparison } from "./comparison.ts";
import { Scrubber } from "./scrubber.tsx";
import { ShareComparison } from "./share-comparison.tsx";
import { TimeButtons } from "./time-buttons.tsx";
import { timeText } from "./words.ts";

interface CompareBarProps {
  readonly comparison: Comparison;
  /** Of the story. */
  readonly name: string;
  /** What the reader has set otherwise, as an address has it. */
  readonly changes: string;
}

/** One set of controls for two worlds. */
export function CompareBar({ comparison, name, changes }: CompareBarProps) {
  const { clock, divergence } = comparison;
  return (
    <div class="bar">
      <TimeButtons moves={comparison} clock={clock}>
        {divergence !== undefined && (
          <button
            type="button"
            onClick={() => {
              clock.pause();
              comparison.show(divergence);
            }}
          >
            Where they part
          </button>
        )}
        <ShareComparison comparison={comparison} name={name} changes={changes} />
      </TimeButtons>
      <Scrubber
        now={comparison.since}
        from={0}
        until={comparison.length}
        marks={comparison.notable}
        show={(since) => {
          clock.pause();
          comparison.show(since);
        }}
      />
      <p class="time">
        <output aria-label="Virtual time">{timeText(comparison.since)}</output> since it began,{" "}
        {comparison.timeoutsSinceBegin.toFixed(1)} election timeouts
      </p>
    </div>
  );
}
