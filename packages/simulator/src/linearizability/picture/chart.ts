import type { PartitionResult } from "../check.ts";
import type { History } from "../history.ts";
import type { Model } from "../model.ts";
import { escapeText } from "./escape-text.ts";
import { labelOf } from "./explain.ts";
import { layOutPicture } from "./layout.ts";
import type { Bar, Layout } from "./layout.ts";
import { indicesOf, shownOperations } from "./shown-operations.ts";
import { statesAlong, tailOf } from "./states.ts";

const rowHeight = 42;
const barHeight = 26;
const stateHeight = 34;
const axisHeight = 26;
const letterWidth = 7;
const longestName = 18;

/** The lanes of a picture, without what is written around them. Lengths in pixels. */
export interface Chart {
  readonly layout: Layout;
  readonly height: number;
  /** How wide the names of the lanes are, and how wide the rest is. */
  readonly namesWidth: number;
  readonly width: number;
  /** The names, right-aligned at `x`. */
  names(x: number): string[];
  /** The bands behind the lanes, from 0 to `to`. */
  bands(to: number): string[];
  /** Everything else, from `x`. */
  body(x: number): string[];
}

/** The chart of a counterexample; undefined where there is none. */
export function chartOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  partition: PartitionResult,
): Chart | undefined {
  const { counterexample } = partition;
  if (counterexample === undefined) return undefined;
  const shown = shownOperations(history, indicesOf(model, history, partition), counterexample);
  const layout = layOutPicture(shown, ({ operation }) => labelOf(model, operation as History<Input, Output>[number]));
  const states = statesAlong(model, partition.partition, history, counterexample.prefixes[0] ?? []);
  const bottom = stateHeight + layout.rows * rowHeight;
  const names = ["state", ...layout.lanes.map(({ process }) => laneName(process))];
  return {
    layout,
    height: bottom + axisHeight,
    namesWidth: Math.max(...names.map((name) => name.length * 6.6)) + 18,
    width: layout.width + 16,
    names: (x) => [
      nameAt(x, stateHeight / 2 + 4, "state"),
      ...layout.lanes.map(({ process, row, rows }) =>
        nameAt(x, stateHeight + (row + rows / 2) * rowHeight + 4, laneName(process)),
      ),
      nameAt(x, bottom + 18, "time"),
    ],
    bands: (to) => [
      ...layout.lanes.flatMap(({ row, rows }, at) =>
        at % 2 === 0
          ? [`<rect class="q-lane" y="${stateHeight + row * rowHeight}" width="${to}" height="${rows * rowHeight}"/>`]
          : [],
      ),
      `<path class="q-rule" d="M0 ${bottom}H${to}"/>`,
    ],
    body: (x) => [
      ...stateLane(layout, states, x),
      ...deadline(layout, x, bottom),
      joined(layout, x),
      ...layout.bars.map((bar) => drawBar(bar, x)),
      ...layout.bars.map((bar) => drawDot(bar, x)),
      ...axis(layout, x, bottom),
    ],
  };
}

function laneName(process: string): string {
  return `client ${process.length <= longestName ? process : `${process.slice(0, longestName - 1)}\u2026`}`;
}

function nameAt(x: number, y: number, name: string): string {
  return `<text class="q-faint" x="${x - 10}" y="${y}" text-anchor="end">${escapeText(name)}</text>`;
}

/** The state along the order: from where an operation changed it until another does. */
function stateLane({ bars, width }: Layout, states: readonly string[], left: number): string[] {
  const placed = bars.filter(({ instant }) => instant !== undefined).sort((a, b) => placeOf(a) - placeOf(b));
  const [first] = placed;
  const parts = [{ from: 0, text: states[first === undefined ? states.length - 1 : placeOf(first) - 1] }];
  for (const bar of placed) {
    const text = states[placeOf(bar)];
    if (text !== parts.at(-1)?.text) parts.push({ from: bar.instant as number, text });
  }
  const end = bars.find(({ blocked }) => blocked)?.to ?? width;
  return parts.flatMap(({ from, text }, at) => {
    const isLast = at === parts.length - 1;
    const to = parts[at + 1]?.from ?? Math.max(end, from + 40);
    if (text === undefined || to <= from) return [];
    // The last is what the operation without a place should have met: it stands above that.
    const place = isLast ? `x="${left + to - 5}" text-anchor="end"` : `x="${left + from + 5}"`;
    return [
      `<g><title>${escapeText(`the state along the order: ${text}`)}</title>` +
        `<rect class="q-state" x="${left + from}" y="6" width="${to - from}" height="22"/>` +
        `<text class="q-state-text" ${place} y="21">${escapeText(fitted(text, to - from - 8))}</text></g>`,
    ];
  });
}

/** As much of a text as there is room for, in pixels; nothing where that says nothing. */
function fitted(text: string, room: number): string {
  const letters = Math.floor(room / letterWidth);
  return letters < 3 && letters < text.length ? "" : tailOf(text, letters);
}

/** A line where the operation that cannot be placed returns. */
function deadline({ bars }: Layout, left: number, bottom: number): string[] {
  return bars
    .filter(({ blocked }) => blocked)
    .map(({ to }) => `<path class="q-deadline" d="M${left + to} 2V${bottom}"/>`);
}

function drawBar(bar: Bar, left: number): string {
  const { operation, label, place, blocked, contradicts } = bar;
  const open = operation.return === undefined;
  const kind = blocked ? "q-blocked" : place === undefined ? "q-unplaced" : "q-bar";
  const classes = [kind, ...(contradicts && !blocked ? ["q-contradicts"] : []), ...(open ? ["q-open"] : [])].join(" ");
  const [x, y] = [left + bar.from, barTop(bar)];
  const width = Math.max(6, bar.to - bar.from);
  const about = `client ${operation.process}: ${label}\ncalled ${operation.call}, ${open ? "no answer" : `returned ${operation.return}`}`;
  const title = blocked
    ? `${about}\nfits nowhere`
    : place === undefined
      ? about
      : `${about}\nnumber ${place} of the order`;
  return (
    `<g><title>${escapeText(title)}</title>` +
    `<rect class="${classes}" x="${x}" y="${y}" width="${width}" height="${barHeight}" rx="4"/>` +
    `<text class="${blocked ? "q-blocked-text" : "q-text"}" x="${x + 7}" y="${y + 17}">${escapeText(label)}</text></g>`
  );
}

/** The line through the order, from instant to instant. */
function joined({ bars }: Layout, left: number): string {
  const points = bars
    .filter(({ instant }) => instant !== undefined)
    .sort((a, b) => placeOf(a) - placeOf(b))
    .map((bar) => `${left + (bar.instant as number)},${dotHeight(bar)}`);
  return `<polyline class="q-order" points="${points.join(" ")}"/>`;
}

function drawDot(bar: Bar, left: number): string {
  if (bar.instant === undefined) return "";
  const [x, y] = [left + bar.instant, dotHeight(bar)];
  const text = String(bar.place);
  const width = Math.max(16, text.length * 6.5 + 6);
  return (
    `<rect class="q-dot" x="${x - width / 2}" y="${y - 8}" width="${width}" height="15" rx="7.5"/>` +
    `<text class="q-number" x="${x}" y="${y + 3}">${text}</text>`
  );
}

function placeOf({ place }: Bar): number {
  return place as number;
}

function barTop({ row }: Bar): number {
  return stateHeight + row * rowHeight + (rowHeight - barHeight) / 2 - 2;
}

/** Numbers sit on the lower edge of their bars, beside the labels. */
function dotHeight(bar: Bar): number {
  return barTop(bar) + barHeight + 1;
}

function axis({ ticks }: Layout, left: number, bottom: number): string[] {
  const drawn: string[] = [];
  let free = -Infinity;
  for (const { time, x } of ticks) {
    const text = String(Number(time.toPrecision(12)));
    if (left + x < free) continue;
    drawn.push(`<text class="q-faint" x="${left + x}" y="${bottom + 18}">${text}</text>`);
    drawn.push(`<path class="q-rule" d="M${left + x} ${bottom}v5"/>`);
    free = left + x + text.length * 7 + 12;
  }
  return drawn;
}
