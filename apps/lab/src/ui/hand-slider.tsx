import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

interface HandSliderProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step: number;
  /** How a value is said. */
  readonly text: (value: number) => string;
  readonly isDisabled?: boolean;
  /** Taken once it is let go: each value that is taken makes another history. */
  readonly take: (value: number) => void;
  /** Drawn behind the slider: what is marked on its way. */
  readonly children?: ComponentChildren;
}

/** A number that is set to what it is when it is let go. */
export function HandSlider(props: HandSliderProps) {
  const { label, value, least, most, step, text, isDisabled = false, take, children } = props;
  const [dragged, setDragged] = useState<number | undefined>(undefined);
  const shown = dragged ?? value;
  return (
    <label class="hand-slider">
      <span class="name">{label}</span>
      <span class="track">
        {children}
        <input
          type="range"
          min={least}
          max={most}
          step={step}
          value={shown}
          disabled={isDisabled}
          aria-valuetext={text(shown)}
          onInput={(event) => setDragged(event.currentTarget.valueAsNumber)}
          onChange={(event) => {
            setDragged(undefined);
            take(event.currentTarget.valueAsNumber);
          }}
        />
      </span>
      <output>{text(shown)}</output>
    </label>
  );
}
