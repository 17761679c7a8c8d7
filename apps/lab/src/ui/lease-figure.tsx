import { predictLease } from "../tuning/clocks.ts";

interface LeaseFigureProps {
  /** In percent. */
  readonly drift: number;
  readonly bound: number;
}

const most = 1.5;

/** How long a lease lasts in true time, beside how long voters keep others from being elected. */
export function LeaseFigure({ drift, bound }: LeaseFigureProps) {
  const { promise, shipped, naive } = predictLease(drift, bound);
  const rows = [
    { name: "voters elect nobody else for", timeouts: promise, of: "promise" },
    { name: "the lease, with the allowance", timeouts: shipped, of: shipped <= promise ? "shipped" : "broken" },
    { name: "the lease without it", timeouts: naive, of: naive <= promise ? "shipped" : "broken" },
  ];
  return (
    <ul class="bars lease" aria-label="Predicted, in true time">
      {rows.map(({ name, timeouts, of }) => (
        <li key={name}>
          <span>{name}</span>
          <span class="track">
            <span class={`fill of-${of}`} style={{ width: `${(100 * Math.min(most, timeouts)) / most}%` }} />
            <span class="edge" style={{ left: `${(100 * promise) / most}%` }} />
          </span>
          <span>{timeouts.toFixed(3)} T</span>
        </li>
      ))}
    </ul>
  );
}
