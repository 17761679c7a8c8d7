import type { PartitionResult } from "../check.ts";
import type { History } from "../history.ts";
import type { Model } from "../model.ts";
import { escapeText } from "./escape-text.ts";
import { explainCounterexample, labelOf } from "./explain.ts";
import { layOutPicture } from "./layout.ts";
import type { Bar, Layout } from "./layout.ts";
import { indicesOf, shownOperations } from "./shown-operations.ts";
import { wrapText } from "./wrap-text.ts";

const rowHeight = 42;
const barHeight = 26;
const margin = 24;
const leastGutter = 112;
const leastWidth = 960;
const lineHeight = 20;

/**
 * The window of a counterexample as an SVG document: a lane for each client, a bar for each operation from its call to its
 * return, the longest order as numbers joined by a line, and in red what cannot be placed. Undefined when the partition
 * has no counterexample.
 */
export function drawCounterexample<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  partition: PartitionResult,
): string | undefined {
  const { counterexample } = partition;
  if (counterexample === undefined) return undefined;
  const shown = shownOperations(history, indicesOf(model, history, partition), counterexample);
  const layout = layOutPicture(shown, ({ operation }) => labelOf(model, operation as History<Input, Output>[number]));
  const gutter = Math.max(leastGutter, ...layout.lanes.map(({ process }) => `client ${process}`.length * 7.5 + 16));
  const width = Math.max(leastWidth, layout.width + gutter + margin * 2);
  const name = partition.partition === "" ? "" : `: \u201c${clip(partition.partition)}\u201d`;
  const text = explainCounterexample(model, history, partition).flatMap((sentence) =>
    wrapText(sentence, Math.floor((width - margin * 2) / 7)),
  );
  const top = margin + 30 + text.length * lineHeight + 16;
  const bottom = top + layout.rows * rowHeight;
  const left = margin + gutter;
  const height = bottom + 84;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escapeText(`Not linearizable${name}`)}</title>`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${margin}" y="${margin + 12}" font-size="18" font-weight="600">${escapeText(`Not linearizable${name}`)}</text>`,
    ...text.map((line, at) => `<text x="${margin}" y="${margin + 38 + at * lineHeight}">${escapeText(line)}</text>`),
    ...lanes(layout, left, top, width),
    ...deadline(layout, left, top, bottom),
    joined(layout, left, top),
    ...layout.bars.map((bar) => drawBar(bar, left, top)),
    ...layout.bars.map((bar) => drawDot(bar, left, top)),
    ...axis(layout, left, bottom),
    ...legend(bottom + 52),
    "</svg>",
  ].join("\n");
}

function lanes({ lanes, rows }: Layout, left: number, top: number, width: number): string[] {
  return lanes.flatMap(({ process, row, rows: own }, at) => [
    `<rect x="0" y="${top + row * rowHeight}" width="${width}" height="${own * rowHeight}" fill="${at % 2 === 0 ? "#f6f7f9" : "#fff"}"/>`,
    `<text x="${left - 12}" y="${top + (row + own / 2) * rowHeight + 4}" text-anchor="end" fill="#445">client ${escapeText(process)}</text>`,
    ...(at === lanes.length - 1
      ? [`<path d="M0 ${top + rows * rowHeight}H${width}" stroke="#cdd2da" stroke-width="1"/>`]
      : []),
  ]);
}

/** A line where the operation that cannot be placed returns. */
function deadline({ bars }: Layout, left: number, top: number, bottom: number): string[] {
  return bars
    .filter(({ blocked }) => blocked)
    .map(
      ({ to }) => `<path d="M${left + to} ${top}V${bottom}" stroke="#c62828" stroke-width="1" stroke-dasharray="4 3"/>`,
    );
}

function drawBar(bar: Bar, left: number, top: number): string {
  const { operation, label, place, blocked, contradicts } = bar;
  const fill = blocked ? "#ffcdd2" : place === undefined ? "#eceff1" : "#d6e6fb";
  const stroke = blocked ? "#c62828" : contradicts ? "#e07b00" : place === undefined ? "#90a4ae" : "#5b8fd6";
  const open = operation.return === undefined;
  const [x, y] = [left + bar.from, barTop(bar, top)];
  const width = Math.max(6, bar.to - bar.from);
  const strong = blocked || contradicts ? 2.5 : 1;
  const dash = open ? ` stroke-dasharray="5 4"` : "";
  const about = `client ${operation.process}: ${label}\ncalled ${operation.call}, ${open ? "no answer" : `returned ${operation.return}`}`;
  return (
    `<g><title>${escapeText(place === undefined ? about : `${about}\nnumber ${place} of the order`)}</title>` +
    `<rect x="${x}" y="${y}" width="${width}" height="${barHeight}" rx="4" fill="${fill}" stroke="${stroke}" stroke-width="${strong}"${dash}/>` +
    `<text x="${x + 7}" y="${y + 17}" fill="${blocked ? "#8e0000" : "#1c2733"}"${blocked ? ' font-weight="600"' : ""}>${escapeText(label)}</text></g>`
  );
}

/** The line through the order, from instant to instant. */
function joined({ bars }: Layout, left: number, top: number): string {
  const placed = bars.filter(({ instant }) => instant !== undefined);
  const points = placed
    .sort((a, b) => (a.place as number) - (b.place as number))
    .map((bar) => `${left + (bar.instant as number)},${dotHeight(bar, top)}`);
  return `<polyline points="${points.join(" ")}" fill="none" stroke="#1f5fbf" stroke-width="1.2" stroke-opacity="0.55"/>`;
}

function drawDot(bar: Bar, left: number, top: number): string {
  if (bar.instant === undefined) return "";
  const [x, y] = [left + bar.instant, dotHeight(bar, top)];
  const text = String(bar.place);
  const width = Math.max(16, text.length * 6.5 + 6);
  return (
    `<rect x="${x - width / 2}" y="${y - 8}" width="${width}" height="15" rx="7.5" fill="#1f5fbf"/>` +
    `<text x="${x}" y="${y + 3}" text-anchor="middle" font-size="10" fill="#fff">${text}</text>`
  );
}

function barTop(bar: Bar, top: number): number {
  return top + bar.row * rowHeight + (rowHeight - barHeight) / 2 - 2;
}

/** Numbers sit on the lower edge of their bars, beside the labels. */
function dotHeight(bar: Bar, top: number): number {
  return barTop(bar, top) + barHeight + 1;
}

function axis({ ticks }: Layout, left: number, bottom: number): string[] {
  const drawn: string[] = [];
  let free = -Infinity;
  for (const { time, x } of ticks) {
    const text = String(Number(time.toPrecision(12)));
    if (left + x < free) continue;
    drawn.push(`<text x="${left + x}" y="${bottom + 18}" font-size="11" fill="#667">${text}</text>`);
    drawn.push(`<path d="M${left + x} ${bottom}v5" stroke="#99a"/>`);
    free = left + x + text.length * 7 + 12;
  }
  drawn.push(
    `<text x="${left - 12}" y="${bottom + 18}" font-size="11" fill="#667" text-anchor="end">time, not to scale</text>`,
  );
  return drawn;
}

function legend(y: number): string[] {
  const entries = [
    ["#d6e6fb", "#5b8fd6", "in the longest order, by number"],
    ["#ffcdd2", "#c62828", "cannot be placed"],
    ["#fff", "#e07b00", "contradict each other"],
    ["#eceff1", "#90a4ae", "not placed by then (dashed: no answer)"],
  ] as const;
  let x = margin;
  return entries.map(([fill, stroke, text]) => {
    const at = x;
    x += text.length * 7 + 44;
    return (
      `<rect x="${at}" y="${y}" width="18" height="12" rx="3" fill="${fill}" stroke="${stroke}" stroke-width="1.5"/>` +
      `<text x="${at + 24}" y="${y + 11}" font-size="12" fill="#445">${text}</text>`
    );
  });
}

function clip(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 59)}\u2026`;
}
