import type { WriteStream } from "node:tty";
import { renderLine, renderSituation, renderTable } from "./live-table.ts";
import type { MemberRow } from "./member-row.ts";

export interface Screen {
  show(rows: readonly MemberRow[]): void;
}

/** How often the plain form says how far the members are, when nothing else changes. */
const plainEveryMs = 10_000;

/** The table drawn over itself. Whatever else is printed goes above it, before the first `show`. */
export function terminalScreen(output: WriteStream): Screen {
  let drawn = 0;
  return {
    show(rows) {
      const lines = renderTable(rows, Math.max(20, output.columns - 1));
      const up = drawn > 0 ? `\u001b[${drawn}A` : "";
      // Clear to the end of each line and then to the end of the screen: no flicker, and nothing old is left.
      output.write(`${up}${lines.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`);
      drawn = lines.length;
    },
  };
}

/** For pipes and files: a line when somebody starts, ends or leads, and now and then the indexes. */
export function plainScreen(write: (line: string) => void, nowMs: () => number): Screen {
  let situation = "";
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    show(rows) {
      const current = renderSituation(rows);
      if (current !== situation) write(current);
      else if (nowMs() - lastMs >= plainEveryMs) write(renderLine(rows));
      else return;
      situation = current;
      lastMs = nowMs();
    },
  };
}
