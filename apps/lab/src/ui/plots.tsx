import { useMemo } from "preact/hooks";
import type { RunNumbers } from "../world/numbers.ts";
import { seriesOf, type Sample } from "../world/series.ts";
import type { Comparison } from "./comparison.ts";
import { useNumbers } from "./numbers-table.tsx";
import { plotted, type Quantity } from "./quantities.ts";
import { timeText } from "./words.ts";

const width = 480;
const height = 90;
const top = 6;
const bottom = height - 6;

/** The numbers that matter over time, both sides in one picture and on one scale; a click leads to a moment. */
export function Plots({ comparison }: { readonly comparison: Comparison }) {
  const sides = useMemo(() => bothSeries(comparison), [comparison]);
  const numbers = [useNumbers(comparison.shipped), useNumbers(comparison.broken)] as const;
  const drawn = plotted.filter((quantity) => highest(quantity, sides) > lowest(quantity, sides));
  const flat = plotted.filter((quantity) => !drawn.includes(quantity));
  return (
    <section class="panel plots" aria-label="The numbers over time">
      <h2>Over time</h2>
      <p class="legend">
        <span class="key of-shipped">as it ships</span> <span class="key of-broken">broken</span>{" "}
        <span class="key of-now">this moment</span>{" "}
        {comparison.divergence !== undefined && <span class="key of-parting">where the two part</span>} — touch a
        picture to go there.
      </p>
      <div class="pictures">
        {drawn.map((quantity) => (
          <Picture key={quantity.name} quantity={quantity} sides={sides} comparison={comparison} numbers={numbers} />
        ))}
      </div>
      {flat.length > 0 && (
        <p class="quiet">
          The same all the time, on both sides:{" "}
          {flat.map(({ name, of, text }) => `${name} ${text(of(last(sides[0])))}`).join(", ")}.
        </p>
      )}
    </section>
  );
}

type Sides = readonly [readonly Sample[], readonly Sample[]];

function bothSeries({ shipped, broken, length }: Comparison): Sides {
  const series = ({ tape, beganAt, electionTimeoutMs }: Comparison["shipped"]): readonly Sample[] =>
    seriesOf(tape, beganAt, length, electionTimeoutMs);
  return [series(shipped), series(broken)];
}

interface PictureProps {
  readonly quantity: Quantity;
  readonly sides: Sides;
  readonly comparison: Comparison;
  /** By this moment. */
  readonly numbers: readonly [RunNumbers, RunNumbers];
}

function Picture({ quantity, sides, comparison, numbers }: PictureProps) {
  const { name, text } = quantity;
  const { length, divergence, since } = comparison;
  const most = highest(quantity, sides);
  const least = lowest(quantity, sides);
  const [shipped, broken] = useMemo(
    () => sides.map((samples) => stepsOf(samples, quantity, { length, least, most })),
    [sides, quantity],
  );
  const x = (micros: number): number => (width * micros) / Math.max(1, length);
  const jump = (event: PointerEvent & { readonly currentTarget: SVGSVGElement }): void => {
    if (event.buttons === 0) return;
    const { left, width: wide } = event.currentTarget.getBoundingClientRect();
    comparison.clock.pause();
    comparison.show(Math.min(1, Math.max(0, (event.clientX - left) / wide)) * length);
  };
  const presently = numbers.map((side) => text(quantity.of(side)));
  return (
    <figure>
      <figcaption>
        {name}: <strong class="of-shipped">{presently[0]}</strong> against{" "}
        <strong class="of-broken">{presently[1]}</strong>
      </figcaption>
      <div class="picture">
        <span class="most">{text(most)}</span>
        <span class="least">{text(least)}</span>
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={inWords(quantity, sides)}
          onPointerDown={jump}
          onPointerMove={jump}
        >
          {divergence !== undefined && (
            <line class="parting" x1={x(divergence)} x2={x(divergence)} y1={0} y2={height} />
          )}
          <path class="of-broken" d={broken} />
          <path class="of-shipped" d={shipped} />
          <line class="now" x1={x(since)} x2={x(since)} y1={0} y2={height} />
        </svg>
      </div>
    </figure>
  );
}

/** A number stays as it is until it changes: a line with steps. */
function stepsOf(
  samples: readonly Sample[],
  { of }: Quantity,
  { length, least, most }: { readonly length: number; readonly least: number; readonly most: number },
): string {
  let path = "";
  for (const { since, numbers } of samples) {
    const x = ((width * since) / Math.max(1, length)).toFixed(1);
    const y = (bottom - ((bottom - top) * (of(numbers) - least)) / Math.max(most - least, Number.EPSILON)).toFixed(1);
    path += path === "" ? `M${x} ${y}` : `H${x}V${y}`;
  }
  return path;
}

/** What a picture shows, for those who do not see it. */
function inWords({ name, of, text }: Quantity, sides: Sides): string {
  const told = sides.map((samples, side) => {
    const changes = samples.filter(
      ({ numbers }, at) => at > 0 && of(numbers) !== of((samples[at - 1] as Sample).numbers),
    );
    const [first, end] = [text(of((samples[0] as Sample).numbers)), text(of(last(samples)))];
    const who = side === 0 ? "as it ships" : "broken";
    if (changes.length === 0) return `${who}, ${end} all the time`;
    return `${who}, from ${first} to ${end}, first changed ${timeText((changes[0] as Sample).since)} after the beginning`;
  });
  return `${name}: ${told.join("; ")}`;
}

function last(samples: readonly Sample[]): Sample["numbers"] {
  return (samples.at(-1) as Sample).numbers;
}

function highest({ of }: Quantity, sides: Sides): number {
  return Math.max(...sides.flat().map(({ numbers }) => of(numbers)));
}

function lowest({ of }: Quantity, sides: Sides): number {
  return Math.min(...sides.flat().map(({ numbers }) => of(numbers)));
}
