import { useMemo } from "preact/hooks";
import { timeText } from "./words.ts";

interface ScrubberProps {
  readonly now: number;
  readonly from: number;
  readonly until: number;
  /** The same array as long as they are the same. */
  readonly marks: readonly number[];
  readonly show: (micros: number) => void;
}

/** The whole of a run as a line, with what is worth seeing marked on it. */
export function Scrubber({ now, from, until, marks, show }: ScrubberProps) {
  const length = Math.max(1, until - from);
  const path = useMemo(
    () =>
      marks
        .filter((at) => at >= from)
        .map((at) => `M${(((at - from) / length) * 1000).toFixed(1)} 0v10`)
        .join(""),
    [marks, from, length],
  );
  return (
    <div class="scrubber">
      <svg viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
        <path d={path} />
      </svg>
      <input
        type="range"
        min={from}
        max={until}
        step={1000}
        value={now}
        aria-label="Moment"
        aria-valuetext={timeText(now)}
        onInput={(event) => show(Number(event.currentTarget.value))}
      />
    </div>
  );
}
