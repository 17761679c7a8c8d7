import type { Chosen } from "../stories/chosen-link.ts";
import { LeaseFigure } from "./lease-figure.tsx";
import { predict } from "../tuning/predictions.ts";
import type { Tuned, Tuning } from "../tuning/tuning.ts";

interface TuningPanelProps {
  readonly scenario: string;
  readonly tunings: readonly Tuning[];
  /** What the controls say; it is run a moment later. */
  readonly chosen: Chosen;
  readonly isRunning: boolean;
  /** Whether what was run came out as the story says. */
  readonly isAsTold: boolean;
  readonly choose: (chosen: Chosen) => void;
}

/** The story's own quantities for the reader to change; both sides are then run anew. */
export function TuningPanel({ scenario, tunings, chosen, isRunning, isAsTold, choose }: TuningPanelProps) {
  const values = Object.fromEntries(tunings.map(({ name, told }) => [name, chosen.tuned[name] ?? told]));
  const isChanged = chosen.seed !== 1 || Object.keys(chosen.tuned).length > 0;
  const prediction = predict(scenario, values);
  const drift = values["drift-right"] ?? values["drift"];
  return (
    <section class="panel tuning" aria-label="Break and change it">
      <h2>Break and change it</h2>
      <div class="fields">
        {tunings.map((tuning) => (
          <TuningSlider
            key={tuning.name}
            tuning={tuning}
            value={values[tuning.name] ?? tuning.told}
            take={(value) => choose({ ...chosen, tuned: withValue(chosen.tuned, tuning, value) })}
          />
        ))}
        <label>
          Seed: whatever is left to chance
          <input
            type="number"
            min={1}
            max={2 ** 31}
            value={chosen.seed}
            onChange={(event) => {
              const seed = Math.round(event.currentTarget.valueAsNumber);
              if (seed >= 1 && seed <= 2 ** 31) choose({ ...chosen, seed });
            }}
          />
        </label>
        {isChanged && (
          <button type="button" onClick={() => choose({ seed: 1, tuned: {} })}>
            As it is told
          </button>
        )}
      </div>
      {prediction !== undefined && (
        <p>
          <strong>Predicted:</strong> {prediction}
        </p>
      )}
      {drift !== undefined && values["bound"] !== undefined && <LeaseFigure drift={drift} bound={values["bound"]} />}
      <p role="status">
        <strong>Run:</strong>{" "}
        {isRunning
          ? "both sides, anew…"
          : isAsTold
            ? "it comes out as told."
            : "it does not come out as told: the two sides are closer to each other, or both suffer. See the numbers below."}
      </p>
    </section>
  );
}

function withValue(tuned: Tuned, { name, told }: Tuning, value: number): Tuned {
  const others = Object.fromEntries(Object.entries(tuned).filter(([other]) => other !== name));
  return value === told ? others : { ...others, [name]: value };
}

interface TuningSliderProps {
  readonly tuning: Tuning;
  readonly value: number;
  readonly take: (value: number) => void;
}

/** Its stops are not all as far from each other: sizes are ten times as large before long. */
function TuningSlider({ tuning, value, take }: TuningSliderProps) {
  const { label, unit, values } = tuning;
  const place = values.findIndex((one) => one >= value);
  const text = `${value.toLocaleString("en")} ${unit}`.trim();
  return (
    <label class="slider">
      <span>
        {label} <strong>{text}</strong>
      </span>
      <input
        type="range"
        min={0}
        max={values.length - 1}
        step={1}
        value={place < 0 ? values.length - 1 : place}
        aria-valuetext={text}
        onInput={(event) => take(values[event.currentTarget.valueAsNumber] ?? value)}
      />
    </label>
  );
}
