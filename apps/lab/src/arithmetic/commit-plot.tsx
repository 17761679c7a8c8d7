import type { Distribution } from "@quorate/planner";

const width = 400;
const height = 130;
const [left, right, top, bottom] = [42, 392, 8, 108];
const steps = 120;

interface CommitPlotProps {
  readonly predicted: Distribution;
  /** Ascending, in ms. */
  readonly measured: readonly number[];
}

/** What share of commits is done by when: the planner's curve, and on it what was measured, as steps. */
export function CommitPlot({ predicted, measured }: CommitPlotProps) {
  const from = Math.min(predicted.quantile(0.001), measured[0] ?? Number.POSITIVE_INFINITY);
  const until = Math.max(predicted.quantile(0.995), from + 1);
  const x = (ms: number): number => left + ((right - left) * (ms - from)) / (until - from);
  const y = (share: number): number => bottom - (bottom - top) * share;
  const curve = Array.from({ length: steps + 1 }, (_, at) => {
    const ms = from + ((until - from) * at) / steps;
    return `${at === 0 ? "M" : "L"}${x(ms).toFixed(1)} ${y(predicted.cdf(ms)).toFixed(1)}`;
  }).join("");
  let counted = `M${left} ${bottom}`;
  for (const [at, ms] of measured.entries()) {
    if (ms > until) break;
    counted += `H${x(ms).toFixed(1)}V${y((at + 1) / measured.length).toFixed(1)}`;
  }
  return (
    <figure class="commit-plot">
      <figcaption>
        Share of commits done by then: <span class="key of-predicted">predicted</span>{" "}
        <span class="key of-measured">the shipped core</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${width} ${height}`}
        role="img"
        aria-label={`Half of all commits are predicted to be done after ${predicted.quantile(0.5).toFixed(1)} ms, and 99 % after ${predicted.quantile(0.99).toFixed(1)} ms`}
      >
        {[0, 0.5, 1].map((share) => (
          <g key={share}>
            <line class="grid" x1={left} x2={right} y1={y(share)} y2={y(share)} />
            <text x={left - 4} y={y(share) + 4} text-anchor="end">
              {100 * share} %
            </text>
          </g>
        ))}
        <text x={left} y={height - 4}>
          {from.toFixed(1)} ms
        </text>
        <text x={right} y={height - 4} text-anchor="end">
          {until.toFixed(1)} ms
        </text>
        <path class="of-predicted" d={curve} />
        {measured.length > 0 && <path class="of-measured" d={counted} />}
      </svg>
    </figure>
  );
}
