import type { Report } from "../report.ts";
import type { Lane, LaneState } from "./lanes.ts";

const letters: Readonly<Record<LaneState, string>> = {
  leader: "L",
  candidate: "C",
  "pre-candidate": "p",
  follower: "\u00b7",
  down: " ",
  unknown: " ",
};

/** What is shown where several states share a column. */
const weight: readonly LaneState[] = ["candidate", "leader", "pre-candidate", "follower", "down", "unknown"];

/** A line for each member and one for terms; then who led, at most `most` of them. */
export function timelineText(report: Report, width = 72, most = 20): string {
  if (report.lanes.length === 0) return "";
  const nameWidth = Math.min(24, Math.max(6, ...report.members.map((name) => name.length)));
  const rows = report.lanes.map(
    (lane) => `  ${lane.member.slice(0, nameWidth).padEnd(nameWidth)} |${laneText(lane, width)}|`,
  );
  const led = report.leaderships
    .slice(0, most)
    .map(
      ({ leader, term, from, until }) =>
        `  ${from}  ${leader} leads${term === undefined ? "" : ` term ${term}`}${until === undefined ? "" : `, until ${until}`}`,
    );
  const more = report.leaderships.length > most ? [`  … and ${report.leaderships.length - most} more`] : [];
  return [
    `  ${"".padEnd(nameWidth)}  ${report.from ?? ""}${(report.until ?? "").padStart(Math.max(1, width - (report.from ?? "").length))}`,
    ...rows,
    `  ${"".padEnd(nameWidth)}  L leads, C candidate, p pre-candidate, \u00b7 follows`,
    ...led,
    ...more,
    "",
  ].join("\n");
}

function laneText({ segments }: Lane, width: number): string {
  const columns = Array.from({ length: width }, (): LaneState => "unknown");
  for (const { state, from, until } of segments) {
    const first = Math.min(width - 1, Math.floor(from * width));
    const end = Math.max(first + 1, Math.ceil(until * width));
    for (let at = first; at < Math.min(end, width); at++) {
      if (weight.indexOf(state) < weight.indexOf(columns[at] ?? "unknown")) columns[at] = state;
    }
  }
  return columns.map((state) => letters[state]).join("");
}
