import { basename } from "node:path";
import { describePosition, entryKinds, frameHeaderBytes, type Entry, type HardState } from "@quorate/raft";
import type { DumpRow } from "@quorate/wal";

const kindNames = new Map<number, string>(Object.entries(entryKinds).map(([name, kind]) => [kind, name]));

/** Widths of the columns: offset, batch, bytes; and of an entry's, which stands below its batch: index, term, kind, size. */
const batchWidths = [10, 9, 9] as const;
const entryWidths = [20, 8, 14, 10] as const;

export const dumpHeading = [
  batchLine(["offset", "batch", "bytes"], "hard state and what else the batch says"),
  entryLine(["entry", "term", "kind", "bytes"]),
];

/** A row for people: one line for a batch, then one for each of its entries. */
export function dumpLines(row: DumpRow, entries: readonly Entry[]): string[] {
  switch (row.type) {
    case "segment":
      return segmentLines(row);
    case "batch":
      return batchLines(row, entries);
    case "damage":
      return [batchLine([row.offset, "DAMAGE", row.end - row.offset], `up to ${row.end}: ${row.reason}`)];
    case "remains":
      return [batchLine([row.offset, "REMAINS", row.end - row.offset], `up to ${row.end}: ${row.reason}`)];
    case "strange":
      return ["", `${basename(row.path)}  STRANGE: it is not a segment, and a start is refused because of its name`];
    case "mark":
      return [batchLine([row.offset, "mark"], markText(row))];
  }
}

export function kindOf(entry: Entry): string {
  return kindNames.get(entry.kind) ?? `kind ${entry.kind}`;
}

export function payloadBytesOf(entry: Entry): number {
  return entry.frame.length - frameHeaderBytes;
}

function segmentLines({ path, header }: Extract<DumpRow, { type: "segment" }>): string[] {
  const { predecessor, standing, start, damage } = header;
  const after =
    predecessor.segment === 0
      ? "begins the log"
      : `follows segment ${predecessor.segment} at ${predecessor.endOffset}, after batch ${predecessor.batchSequence}`;
  const notes = [
    `segment ${header.segment}, cluster ${header.clusterId.toString(16)}, member ${header.memberId.toString(16)}`,
    `${after}; the log ended at ${describePosition(start)}`,
    standingText(standing),
    ...(damage === undefined ? [] : [`DAMAGE in segment ${damage.segment} at ${damage.offset} is not made good yet`]),
  ];
  return ["", basename(path), ...notes.map((note) => `  ${note}`), ...dumpHeading];
}

function batchLines({ header }: Extract<DumpRow, { type: "batch" }>, entries: readonly Entry[]): string[] {
  const notes = [
    standingText(header.standing),
    `synced up to batch ${header.durableSequence}`,
    ...(header.truncateFrom > 0 ? [`CUTS the log before ${header.truncateFrom}`] : []),
    ...(header.beginsAnew ? ["BEGINS the log ANEW after its base: a state was installed"] : []),
    ...(header.configurationBytes > 0 ? [`repeats ${header.configurationBytes} bytes of configurations`] : []),
    ...(header.isRepaired ? ["damage made good"] : []),
    ...(header.entryCount > entries.length ? [`${header.entryCount - entries.length} more entries`] : []),
  ];
  const lines = [batchLine([header.offset, header.sequence, header.length], notes.join("; "))];
  for (const entry of entries) {
    lines.push(entryLine([entry.index, entry.term, kindOf(entry), payloadBytesOf(entry)]));
  }
  return lines;
}

function standingText({
  incarnation,
  hardState,
  base,
}: {
  incarnation: number;
  hardState: HardState | undefined;
  base: { position: { index: number; term: number } };
}): string {
  const state =
    hardState === undefined
      ? "no hard state"
      : `term ${hardState.term}, vote ${hardState.vote === 0 ? "none" : hardState.vote.toString(16)}, commit ${hardState.commit}`;
  return `${state}, incarnation ${incarnation}, base ${describePosition(base.position)}`;
}

function markText({ mark }: Extract<DumpRow, { type: "mark" }>): string {
  if (mark === undefined) return "none that can be trusted";
  const { generation, durableSequence, segment, endOffset } = mark;
  return `number ${generation}: durable up to batch ${durableSequence} (segment ${segment}, ${endOffset}); ${standingText(mark.standing)}`;
}

function batchLine(cells: readonly (string | number)[], notes: string): string {
  const padded = batchWidths.map((width, at) => String(cells[at] ?? "").padStart(width));
  return `${padded.join(" ")}  ${notes}`.trimEnd();
}

function entryLine([index, term, kind, bytes]: readonly (string | number)[]): string {
  const [first, second, third, fourth] = entryWidths;
  const numbers = `${String(index).padStart(first)}${String(term).padStart(second)}  `;
  return `${numbers}${String(kind).padEnd(third)}${String(bytes).padStart(fourth)}`;
}
