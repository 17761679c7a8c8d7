import type { MemberRow } from "./member-row.ts";

interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  readonly cell: (row: MemberRow, rows: readonly MemberRow[]) => string;
}

const columns: readonly Column[] = [
  { title: "MEMBER", align: "left", cell: (row) => row.name },
  { title: "PID", align: "right", cell: (row) => (row.state.kind === "running" ? String(row.state.pid) : "-") },
  { title: "ROLE", align: "left", cell: roleOf },
  { title: "TERM", align: "right", cell: (row) => String(running(row)?.term ?? "-") },
  { title: "LEADER", align: "left", cell: (row, rows) => leaderName(row, rows) },
  { title: "LAST", align: "right", cell: (row) => String(running(row)?.lastIndex ?? "-") },
  { title: "COMMIT", align: "right", cell: (row) => String(running(row)?.commitIndex ?? "-") },
  { title: "APPLIED", align: "right", cell: (row) => String(running(row)?.appliedIndex ?? "-") },
  { title: "WRITES/S", align: "right", cell: (row) => (running(row) ? row.appliedPerSecond.toFixed(0) : "-") },
  { title: "RTT MS", align: "right", cell: (row) => running(row)?.roundTripMs?.toFixed(2) ?? "-" },
  { title: "FSYNC MS", align: "right", cell: (row) => running(row)?.syncMs.toFixed(2) ?? "-" },
  { title: "CLIENTS", align: "left", cell: (row) => row.clientUrl },
];

/** The table as lines no longer than `width` characters. A pure function of what it shows. */
export function renderTable(rows: readonly MemberRow[], width: number): readonly string[] {
  const cells = rows.map((row) => columns.map((column) => column.cell(row, rows)));
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...cells.map((line) => (line[index] ?? "").length)),
  );
  const layOut = (line: readonly string[]) =>
    line
      .map((text, index) => {
        const size = widths[index] ?? 0;
        return columns[index]?.align === "right" ? text.padStart(size) : text.padEnd(size);
      })
      .join("  ")
      .trimEnd()
      .slice(0, width);
  const lines = [columns.map(({ title }) => title), ...cells].map(layOut);
  return [...lines, ...rows.flatMap((row) => troubleOf(row)).map((line) => line.slice(0, width))];
}

/** The same as one line, for logs and pipes: "m1 leader t3 i42/42/42 | m2 ...". */
export function renderLine(rows: readonly MemberRow[]): string {
  return rows
    .map((row) => {
      const report = running(row);
      if (report === undefined) return `${row.name} ${roleOf(row)}`;
      const indexes = `${report.lastIndex}/${report.commitIndex}/${report.appliedIndex}`;
      return `${row.name} ${report.role} term ${report.term} index ${indexes} ${row.appliedPerSecond.toFixed(0)} writes/s`;
    })
    .join(" | ");
}

/** What a change of is worth a line of its own: who runs, who leads, in which term. */
export function renderSituation(rows: readonly MemberRow[]): string {
  return rows.map((row) => `${row.name}${pidOf(row)}: ${situationOf(row, rows)}`).join("; ");
}

function situationOf(row: MemberRow, rows: readonly MemberRow[]): string {
  const report = running(row);
  return report === undefined ? roleOf(row) : `${report.role} in term ${report.term}, leader ${leaderName(row, rows)}`;
}

function pidOf({ state }: MemberRow): string {
  return state.kind === "running" ? ` (pid ${state.pid})` : "";
}

function running(row: MemberRow) {
  return row.state.kind === "running" ? row.report : undefined;
}

function roleOf(row: MemberRow): string {
  if (row.state.kind === "waiting") return "down";
  if (row.state.kind === "stopped") return "stopped";
  if (row.report === undefined) return "starting";
  return row.report.quarantined ? `${row.report.role} (quarantined)` : row.report.role;
}

function leaderName(row: MemberRow, rows: readonly MemberRow[]): string {
  const report = running(row);
  if (report === undefined || report.leader === 0) return "-";
  return rows.find(({ memberId }) => memberId === report.leader)?.name ?? "?";
}

function troubleOf(row: MemberRow): readonly string[] {
  if (row.state.kind === "waiting") {
    return [`${row.name}: ${row.state.reason}; starts again in ${(row.state.restartInMs / 1000).toFixed(1)} s`];
  }
  return row.state.kind === "stopped" ? [`${row.name}: ${row.state.reason}`] : [];
}
