import type { ReportedFinding } from "@quorate/doctor";

const width = 1000;
const [left, right] = [130, 990];
const rowHeight = 26;

/**
 * How a leader walks back through a follower's log: each refusal at its time, one step lower each, with the index that was
 * probed and the terms that stand there.
 */
export function Refusals({ finding }: { readonly finding: ReportedFinding }) {
  const refusals = finding.evidence.flatMap(({ refusal, part, at, count }) =>
    refusal === undefined ? [] : [{ ...refusal, part, at, count }],
  );
  if (refusals.length < 2) return null;
  const height = refusals.length * rowHeight + 6;
  const x = (part: number): number => left + (right - left) * part;
  const y = (at: number): number => rowHeight * at + rowHeight / 2 + 2;
  const path = refusals.map(
    ({ part }, at) =>
      `${at === 0 ? "M" : `H${x(part).toFixed(1)}V`}${at === 0 ? `${x(part).toFixed(1)} ` : ""}${y(at)}`,
  );
  return (
    <figure class="refusals">
      <figcaption>
        What {finding.members.join(", ")} refused: the index that was probed falls, and with it the term
      </figcaption>
      <div class="scroll" tabIndex={0} role="group" aria-label="Refusals over time">
        <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={refusals.map(inWords).join("; ")}>
          <path d={path.join("")} />
          {refusals.map((refusal, at) => {
            const isLate = refusal.part > 0.55;
            return (
              <g key={at} class="refusal">
                <text x={left - 8} y={y(at) + 5} text-anchor="end">
                  {refusal.at}
                </text>
                <circle cx={x(refusal.part).toFixed(1)} cy={y(at)} r={5} />
                <text
                  x={(x(refusal.part) + (isLate ? -10 : 10)).toFixed(1)}
                  y={y(at) + 5}
                  text-anchor={isLate ? "end" : "start"}
                >
                  {valuesOf(refusal)}
                </text>
              </g>
            );
          })}
        </svg>
      </div>
    </figure>
  );
}

type Refusal = Exclude<ReportedFinding["evidence"][number]["refusal"], undefined>;

function valuesOf({ index, term, own }: Refusal): string {
  const terms = own === undefined ? "" : `: term ${own}${term === undefined ? "" : `, and not ${term}`}`;
  return `index ${index}${terms}`;
}

function inWords(refusal: Refusal & { readonly at: string; readonly count: number }): string {
  return `${refusal.at}, ${refusal.of} refused ${valuesOf(refusal)}${refusal.count > 1 ? `, and ${refusal.count - 1} more` : ""}`;
}
