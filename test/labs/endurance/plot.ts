/** One member's values over time. */
export interface Series {
  readonly name: string;
  /** Seconds since the beginning, and the value then. */
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly series: readonly Series[];
}

const width = 720;
const panelHeight = 170;
const left = 64;
const right = 12;
const top = 30;
const bottom = 30;
const colours = ["#1f77b4", "#d95f02", "#1b9e77", "#7570b3", "#666666"];
const ticks = 4;

/** Panels below one another with the same time axis, as an SVG image that reads on light and dark pages. */
export function drawPanels(panels: readonly Panel[], caption: string): string {
  const height = panels.length * panelHeight + 28;
  const body = panels.flatMap((panel, index) => drawPanel(panel, index * panelHeight));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" role="img">`,
    `<title>${escaped(caption)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...body,
    `<text x="${left}" y="${height - 8}" fill="#333333">${escaped(caption)}</text>`,
    "</svg>",
    "",
  ].join("\n");
}

function drawPanel({ title, unit, series }: Panel, offset: number): readonly string[] {
  const points = series.flatMap((one) => one.points);
  const longest = Math.max(1, ...points.map(([seconds]) => seconds));
  const highest = niceAbove(Math.max(...points.map(([, value]) => value), 0));
  const x = (seconds: number): number => left + (seconds / longest) * (width - left - right);
  const y = (value: number): number => offset + panelHeight - bottom - (value / highest) * (panelHeight - top - bottom);
  const steps = Array.from({ length: ticks + 1 }, (_, index) => index / ticks);
  return [
    `<text x="${left}" y="${offset + 18}" fill="#111111" font-size="13">${escaped(title)} (${escaped(unit)})</text>`,
    ...steps.flatMap((step) => [
      `<line x1="${left}" x2="${width - right}" y1="${y(step * highest)}" y2="${y(step * highest)}" stroke="#dddddd"/>`,
      `<text x="${left - 6}" y="${y(step * highest) + 4}" text-anchor="end" fill="#333333">${label(step * highest)}</text>`,
      `<text x="${x(step * longest)}" y="${offset + panelHeight - 12}" text-anchor="middle" fill="#333333">${label((step * longest) / 60)} min</text>`,
    ]),
    ...series.flatMap(({ name, points }, index) => {
      const colour = colours[index % colours.length];
      const path = points.map(([seconds, value]) => `${x(seconds).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.2"/>`,
        `<text x="${width - right - 40 * (series.length - index)}" y="${offset + 18}" fill="${colour}">${escaped(name)}</text>`,
      ];
    }),
  ];
}

/** The next of 1, 2, 2.5, 5, 10, 20 ... */
function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 2.5, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}

function label(value: number): string {
  return String(Math.round(value * 100) / 100);
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
