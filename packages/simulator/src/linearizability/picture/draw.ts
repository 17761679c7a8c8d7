import type { PartitionResult } from "../check.ts";
import type { History } from "../history.ts";
import type { Model } from "../model.ts";
import { chartOf } from "./chart.ts";
import { escapeText } from "./escape-text.ts";
import { explainCounterexample } from "./explain.ts";
import { axisNote, legendOf } from "./legend.ts";
import type { Layout } from "./layout.ts";
import { pictureStyle } from "./styles.ts";
import { wrapText } from "./wrap-text.ts";

const margin = 24;
const leastWidth = 720;
const lineHeight = 20;

/**
 * The window of a counterexample as an SVG document: a lane for each client, a bar for each operation from its call to its
 * return, the longest order as numbers joined by a line, the state along it, and in red what cannot be placed. It is light
 * or dark as its reader prefers. Undefined when the partition has no counterexample.
 */
export function drawCounterexample<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  partition: PartitionResult,
): string | undefined {
  const chart = chartOf(model, history, partition);
  if (chart === undefined) return undefined;
  const width = Math.ceil(Math.max(leastWidth, margin * 2 + chart.namesWidth + chart.width));
  const sentences = explainCounterexample(model, history, partition);
  const text = sentences.flatMap((sentence) => wrapText(sentence, Math.floor((width - margin * 2) / 7)));
  const title = titleOf(partition);
  const top = margin + 30 + text.length * lineHeight + 12;
  const left = margin + chart.namesWidth;
  const key = drawLegend(chart.layout, top + chart.height + 26, width);
  const height = top + chart.height + 26 + key.height + margin / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="q" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `style="max-width:100%;height:auto" role="img" aria-labelledby="q-title q-desc">`,
    `<title id="q-title">${escapeText(title)}</title>`,
    `<desc id="q-desc">${escapeText(sentences.join(" "))}</desc>`,
    `<style>${pictureStyle}</style>`,
    `<rect class="q-ground" width="100%" height="100%"/>`,
    `<text class="q-title" x="${margin}" y="${margin + 12}">${escapeText(title)}</text>`,
    ...text.map(
      (line, at) =>
        `<text class="q-text" x="${margin}" y="${margin + 38 + at * lineHeight}">${escapeText(line)}</text>`,
    ),
    `<g transform="translate(0 ${top})">`,
    ...chart.bands(width),
    ...chart.names(left),
    ...chart.body(left),
    "</g>",
    ...key.drawn,
    "</svg>",
  ].join("\n");
}

export function titleOf({ partition }: Pick<PartitionResult, "partition">): string {
  const name = partition.length <= 60 ? partition : `${partition.slice(0, 59)}\u2026`;
  return partition === "" ? "Not linearizable" : `Not linearizable: \u201c${name}\u201d`;
}

function drawLegend(layout: Layout, top: number, width: number): { readonly drawn: string[]; readonly height: number } {
  let [x, y] = [margin, top];
  const drawn = legendOf(layout).map(({ classes, text }) => {
    const own = text.length * 6.6 + 46;
    if (x > margin && x + own > width) [x, y] = [margin, y + lineHeight];
    const at = x;
    x += own;
    return (
      `<rect class="q-legend ${classes}" x="${at}" y="${y}" width="18" height="12" rx="3"/>` +
      `<text class="q-faint" x="${at + 24}" y="${y + 11}">${text}</text>`
    );
  });
  y += lineHeight;
  drawn.push(`<text class="q-faint" x="${margin}" y="${y + 11}">${axisNote}</text>`);
  return { drawn, height: y - top + lineHeight };
}
