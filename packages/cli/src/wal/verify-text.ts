import { basename } from "node:path";
import { describePosition } from "@quorate/raft";
import type { LogVerdict, SegmentVerdict } from "@quorate/wal";

/** A verdict for people: a line for each segment, then what the next start will do. */
export function verdictText(verdict: LogVerdict): string {
  const { directory, owner, recovered, segments } = verdict;
  const { hardState, base, last, incarnation } = recovered;
  const vote = hardState === undefined || hardState.vote === 0 ? "none" : hardState.vote.toString(16);
  const lines = [
    `${directory}: cluster ${owner.clusterId.toString(16)}, member ${owner.memberId.toString(16)}`,
    "",
    ...table(segments),
    "",
    `log     after ${describePosition(base)} up to ${describePosition(last)}`,
    `state   term ${hardState?.term ?? 0}, vote ${vote}, commit ${hardState?.commit ?? 0}, incarnation ${incarnation}`,
    `result  ${verdict.state}`,
    "",
    ...whatAStartDoes(verdict),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** What will happen when a member starts from this log. */
export function whatAStartDoes({ state, recovered }: LogVerdict): readonly string[] {
  if (state === "sound") return ["A start goes on where the log ends."];
  if (state === "torn") return ["A start cuts the torn tail and goes on.", `${recovered.tornTail}.`];
  return [
    `Damage: ${recovered.damage}.`,
    "A start keeps term and vote, ends the log before the damage, sets aside what comes after it, and gives the member no",
    "voice until the leader has sent it what it lacks. It changes the files: copy the directory first to look at it later.",
    "The only voter of a cluster does not start: restore its directory from a copy.",
  ];
}

function table(segments: readonly SegmentVerdict[]): string[] {
  const rows = segments.map(({ path, state, firstIndex, lastIndex, end, reason }) => [
    basename(path),
    state,
    lastIndex === 0 ? "none" : `${firstIndex}..${lastIndex}`,
    String(end),
    reason ?? "",
  ]);
  const all = [["segment", "state", "entries", "end", "reason"], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  return all.map((row) =>
    row
      .map((cell, column) => (column < 4 ? cell.padEnd(widths[column] ?? 0) : cell))
      .join("  ")
      .trimEnd(),
  );
}
