import type { Lane, Report, Segment } from "@quorate/doctor";
import { FindingRows, LaneMarks, mostMarked, type Scale } from "./finding-marks.tsx";

const width = 1000;
const labelWidth = 130;
const rowHeight = 30;
const mostLanes = 40;
const mostLeaders = 30;
const mostLabelLetters = 15;
const shownStates = ["leader", "candidate", "pre-candidate", "follower"] as const;

const scale: Scale = { x: (part) => labelWidth + part * (width - labelWidth), rowHeight, right: width };

/** A lane for each member: what it was, by its own log, and in which term, and what was found there; then who led, in words. */
export function Timeline({ report }: { readonly report: Report }) {
  const { lanes, leaderships, findings, from, until } = report;
  if (lanes.length === 0) return null;
  const shown = lanes.slice(0, mostLanes);
  const marked = findings.slice(0, mostMarked);
  const height = (shown.length + marked.length) * rowHeight;
  return (
    <section class="panel timeline" aria-label="Timeline">
      <h2>Terms and leaders</h2>
      <p class="quiet">
        {from} to {until}
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="A lane for each member">
        <svg viewBox={`0 0 ${width} ${height}`} role="group" aria-label={`What ${lanes.length} members were, and when`}>
          {shown.map((lane, at) => (
            <g key={lane.member}>
              <LaneRow lane={lane} y={at * rowHeight} />
              <LaneMarks findings={marked} member={lane.member} y={at * rowHeight} scale={scale} />
            </g>
          ))}
          <FindingRows findings={marked} y={shown.length * rowHeight} scale={scale} />
        </svg>
      </div>
      <ul class="states">
        {shownStates.map((state) => (
          <li key={state} class={`is-${state}`}>
            {state}
          </li>
        ))}
        {marked.length > 0 && <li class="is-mark">a line that shows something that was found</li>}
      </ul>
      <More count={findings.length - marked.length} of="findings, below" />
      <More count={lanes.length - shown.length} of="members" />
      <ol class="leaders">
        {leaderships.slice(0, mostLeaders).map(({ leader, term, from: begin, until: end }, at) => (
          <li key={at}>
            {begin}: <strong>{leader}</strong> leads{term !== undefined && ` term ${term}`}
            {end !== undefined && `, until ${end}`}
          </li>
        ))}
      </ol>
      <More count={leaderships.length - mostLeaders} of="times that somebody led" />
    </section>
  );
}

/** Says that not everything is shown. */
export function More({ count, of }: { readonly count: number; readonly of: string }) {
  return count > 0 ? (
    <p class="quiet">
      … and {count} more {of}
    </p>
  ) : null;
}

function LaneRow({ lane: { member, segments }, y }: { readonly lane: Lane; readonly y: number }) {
  const label = member.length > mostLabelLetters ? `${member.slice(0, mostLabelLetters - 1)}…` : member;
  return (
    <g class="lane">
      <text x={labelWidth - 8} y={y + 19} text-anchor="end">
        {label}
        <title>{member}</title>
      </text>
      {segments.map((segment, at) => (
        <Bar key={at} segment={segment} y={y} />
      ))}
    </g>
  );
}

function Bar({ segment: { state, term, from, until }, y }: { readonly segment: Segment; readonly y: number }) {
  if (state === "unknown" || state === "down") return null;
  const x = scale.x(from);
  const length = Math.max(1, (until - from) * (width - labelWidth));
  const label = term === undefined ? "" : String(term);
  return (
    <>
      <rect class={`is-${state}`} x={x.toFixed(1)} y={y + 3} width={length.toFixed(1)} height={rowHeight - 6}>
        <title>
          {state}
          {term !== undefined && `, term ${term}`}
        </title>
      </rect>
      {label !== "" && length > 9 * label.length + 6 && (
        <text class="term" x={(x + 4).toFixed(1)} y={y + 19}>
          {label}
        </text>
      )}
    </>
  );
}
