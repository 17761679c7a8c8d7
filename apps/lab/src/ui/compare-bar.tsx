import type { Comparison } from "./comparison.ts";
import { Scrubber } from "./scrubber.tsx";
import { TimeButtons } from "./time-buttons.tsx";
import { timeText } from "./words.ts";

/** One set of controls for two worlds. */
export function CompareBar({ comparison }: { readonly comparison: Comparison }) {
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
