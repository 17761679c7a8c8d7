interface SliderProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly step?: number;
  readonly unit?: string;
  readonly take: (value: number) => void;
}

/** A number that can be dragged. */
export function Slider({ label, value, least, most, step = 1, unit = "", take }: SliderProps) {
  return (
    <label class="slider">
      <span>
        {label}: <strong>{value}</strong> {unit}
      </span>
      <input
        type="range"
        min={least}
        max={most}
        step={step}
        value={value}
        onInput={(event) => take(event.currentTarget.valueAsNumber)}
      />
    </label>
  );
}
