import type { PartitionResult } from "../check.ts";
import type { History } from "../history.ts";
import type { Model } from "../model.ts";
import { chartOf } from "./chart.ts";
import type { Chart } from "./chart.ts";
import { titleOf } from "./draw.ts";
import { escapeText } from "./escape-text.ts";
import { explainCounterexample } from "./explain.ts";
import { axisNote, legendOf } from "./legend.ts";
import { pictureStyle } from "./styles.ts";

/**
 * For the head of a page with such figures. A chart that is wider than the page is scrolled in its own box, which shows its
 * end first: that is where the order breaks.
 */
export const figureStyle = [
  ":root{color-scheme:light dark}",
  "figure.q{margin:0 0 2rem;font-size:15px}",
  "figure.q h2{font-size:1.2rem;margin:0 0 .3rem}figure.q p{margin:0 0 .5rem;max-width:60rem;overflow-wrap:anywhere}",
  ".q-chart{display:flex;border:1px solid #8886;border-radius:4px;margin:.6rem 0;width:fit-content;max-width:100%;overflow:hidden}",
  ".q-chart>svg{flex:none;display:block}",
  ".q-scroll{overflow-x:auto;direction:rtl;min-width:0}.q-scroll>svg{display:block;direction:ltr}",
  ".q-key{display:flex;flex-wrap:wrap;gap:.2rem 1.4rem;list-style:none;padding:0;margin:0 0 .6rem;font-size:13px}",
  ".q-key svg{vertical-align:-1px;margin-right:.4rem}",
  ".q table{border-collapse:collapse;font-size:13px}.q td,.q th{padding:.15rem .8rem .15rem 0;text-align:left}",
  pictureStyle,
].join("\n");

/**
 * The same as `drawCounterexample` for a page, whatever its width: sentences that wrap, a chart that scrolls beside the names
 * of its clients, and a table of its operations. `id` is unique on the page.
 */
export function figureOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  partition: PartitionResult,
  id: string,
): string | undefined {
  const chart = chartOf(model, history, partition);
  if (chart === undefined) return undefined;
  const sentences = explainCounterexample(model, history, partition);
  const title = escapeText(titleOf(partition));
  return [
    `<figure class="q" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>`,
    ...sentences.map((sentence) => `<p>${escapeText(sentence)}</p>`),
    `<div class="q-chart">`,
    svg(chart.namesWidth, chart.height, `aria-hidden="true"`, [
      ...chart.bands(chart.namesWidth),
      ...chart.names(chart.namesWidth),
    ]),
    `<div class="q-scroll" tabindex="0" role="region" aria-label="Chart of ${title}">`,
    svg(chart.width, chart.height, `role="img" aria-labelledby="${id}-chart ${id}-desc"`, [
      `<title id="${id}-chart">${title}</title>`,
      `<desc id="${id}-desc">${escapeText(sentences.join(" "))}</desc>`,
      ...chart.bands(chart.width),
      ...chart.body(4),
    ]),
    "</div></div>",
    `<ul class="q-key">`,
    ...legendOf(chart.layout).map(({ classes, text }) => {
      const sample = `<rect class="q-legend ${classes}" x="1" y="1" width="18" height="12" rx="3"/>`;
      return `<li>${svg(20, 14, `aria-hidden="true"`, [sample])}${text}</li>`;
    }),
    `<li>${axisNote}</li></ul>`,
    table(chart),
    "</figure>",
  ].join("\n");
}

function svg(width: number, height: number, attributes: string, parts: readonly string[]): string {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  return (
    `<svg class="q" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" ${attributes}>` +
    `<rect class="q-ground" width="100%" height="100%"/>\n${parts.join("\n")}</svg>`
  );
}

/** The same operations for those who do not see the chart. */
function table({ layout }: Chart): string {
  const rows = layout.bars.map(({ operation, label, place, blocked, contradicts }) => {
    const end = operation.return === undefined ? "no answer" : String(operation.return);
    const position = blocked ? "fits nowhere" : place === undefined ? "" : `number ${place}`;
    const cells = [
      `client ${operation.process}`,
      label,
      String(operation.call),
      end,
      [position, ...(contradicts ? ["contradicts others"] : [])].filter((text) => text !== "").join(", "),
    ];
    return `<tr>${cells.map((cell) => `<td>${escapeText(cell)}</td>`).join("")}</tr>`;
  });
  const head = ["who", "what", "called", "returned", "in the order"].map((name) => `<th scope="col">${name}</th>`);
  return [
    "<details><summary>The same operations as a table</summary><table>",
    `<thead><tr>${head.join("")}</tr></thead><tbody>`,
    ...rows,
    "</tbody></table></details>",
  ].join("\n");
}
