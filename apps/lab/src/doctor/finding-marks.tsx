import type { ReportedFinding } from "@quorate/doctor";

export const mostMarked = 12;
const mostTitleLetters = 44;

/** Where on the timeline things are drawn, in its units. */
export interface Scale {
  /** Where a part of the whole span is, from 0 to 1. */
  readonly x: (part: number) => number;
  readonly rowHeight: number;
  readonly right: number;
}

/** What the panel of a finding is called in the page, counted from 1. */
export function findingId(number: number): string {
  return `finding-${number}`;
}

/** Goes to the panel of a finding, for the eyes and for those who listen. The address stays: it names pages, and not places. */
export function goToFinding(number: number): void {
  document.getElementById(findingId(number))?.focus();
}

interface MarksProps {
  readonly findings: readonly ReportedFinding[];
  readonly scale: Scale;
}

/** On the lane of a member: the number of each finding where lines of its log show it. */
export function LaneMarks({
  findings,
  member,
  y,
  scale,
}: MarksProps & { readonly member: string; readonly y: number }) {
  return (
    <>
      {findings.flatMap(({ severity, title, evidence }, at) =>
        evidence
          .filter((one) => one.member === member)
          .map(({ part, at: time, line }, place) => (
            <g key={`${at} ${place}`} class={`mark is-${severity}`} data-part={part.toFixed(3)}>
              <path d={markAt(Math.min(scale.x(part), scale.right - 7), y + scale.rowHeight - 2)} />
              <title>
                {at + 1}: {title}, {time}, line {line}
              </title>
            </g>
          )),
      )}
    </>
  );
}

/** A small triangle that points up at a moment. */
function markAt(x: number, y: number): string {
  return `M${x.toFixed(1)} ${y - 11}l6 11h-12z`;
}

/** Below the lanes a row for each finding: over what time it reaches, and what it is; pressed, it leads there. */
export function FindingRows({ findings, y, scale }: MarksProps & { readonly y: number }) {
  return (
    <>
      {findings.map(({ title, severity, parts, members }, at) => {
        const number = at + 1;
        const [begin, end] = [scale.x(parts.from), Math.max(scale.x(parts.until), scale.x(parts.from) + 4)];
        const top = y + at * scale.rowHeight;
        const word = title.length > mostTitleLetters ? `${title.slice(0, mostTitleLetters - 1)}…` : title;
        const isLate = begin > (scale.x(0) + scale.right) / 2;
        return (
          <g
            key={number}
            class={`finding-row is-${severity}`}
            role="button"
            tabindex={0}
            onClick={() => goToFinding(number)}
            onKeyDown={(event) => {
              if (event.key === "Enter") goToFinding(number);
            }}
          >
            <rect class="hit" x={0} y={top} width={scale.right} height={scale.rowHeight} />
            <text x={scale.x(0) - 8} y={top + 19} text-anchor="end">
              {number}, {severity}{" "}
            </text>
            <rect class="span" x={begin.toFixed(1)} y={top + 22} width={(end - begin).toFixed(1)} height={5} />
            <text x={(isLate ? end : begin).toFixed(1)} y={top + 17} text-anchor={isLate ? "end" : "start"}>
              {word}
              {members.length > 0 && `: ${members.slice(0, 3).join(", ")}${members.length > 3 ? ", …" : ""}`}
            </text>
          </g>
        );
      })}
    </>
  );
}
