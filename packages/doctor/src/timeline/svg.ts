import type { Report } from "../report.ts";
import type { Segment } from "./lanes.ts";

const width = 960;
const margin = 24;
const labelWidth = 140;
const rowHeight = 28;
const space = width - 2 * margin - labelWidth;

/** The timeline as an SVG document, light or dark as its reader prefers: a lane for each member, terms in it, findings below. */
export function timelineSvg(report: Report): string {
  const top = margin + 40;
  const lanes = report.lanes.map(({ member, segments }, at) => {
    const y = top + at * rowHeight;
    return [
      `<text class="label" x="${margin + labelWidth - 8}" y="${y + 15}">${escapeText(shortened(member))}</text>`,
      ...segments.flatMap((segment) => drawSegment(segment, y)),
    ].join("\n");
  });
  const legend = top + report.lanes.length * rowHeight + 8;
  const below = legend + 48;
  const findings = report.findings.map(
    ({ severity, title, summary }, at) =>
      `<text class="${severity}" x="${margin}" y="${below + at * 20}">${escapeText(`${title}: ${summary}`.slice(0, 150))}</text>`,
  );
  const height = below + report.findings.length * 20 + margin;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
      `style="max-width:100%;height:auto" role="img" aria-labelledby="doctor-title">`,
    `<style>${style}</style>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    `<text id="doctor-title" class="title" x="${margin}" y="${margin + 6}">Terms and leaders, ${escapeText(report.from ?? "")} to ${escapeText(report.until ?? "")}</text>`,
    ...lanes,
    ...drawLegend(legend),
    ...findings,
    "</svg>\n",
  ].join("\n");
}

function drawLegend(y: number): readonly string[] {
  return (["leader", "candidate", "pre-candidate", "follower"] as const).map((state, at) => {
    const x = margin + labelWidth + at * 130;
    return `<rect class="${state}" x="${x}" y="${y}" width="12" height="12"/><text class="term" x="${x + 18}" y="${y + 10}">${state}</text>`;
  });
}

function drawSegment({ state, term, from, until }: Segment, y: number): readonly string[] {
  if (state === "unknown" || state === "down") return [];
  const x = margin + labelWidth + from * space;
  const length = Math.max(1, (until - from) * space);
  const title = `${state}${term === undefined ? "" : `, term ${term}`}`;
  const label = term === undefined ? "" : `${term}`;
  return [
    `<rect class="${state}" x="${x.toFixed(1)}" y="${y}" width="${length.toFixed(1)}" height="20"><title>${title}</title></rect>`,
    ...(length > 9 * label.length + 4 && label !== ""
      ? [`<text class="term" x="${(x + 4).toFixed(1)}" y="${y + 14}">${label}</text>`]
      : []),
  ];
}

function shortened(label: string): string {
  return label.length > 18 ? `${label.slice(0, 17)}…` : label;
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const style = `
text { font: 13px system-ui, sans-serif; fill: #1d2430 }
.ground { fill: #ffffff }
.title { font-size: 16px; font-weight: 600 }
.label { text-anchor: end }
.term { font-size: 11px }
.leader { fill: #6aa1f4 }
.follower { fill: #dde5f0 }
.candidate { fill: #e8934a }
.pre-candidate { fill: #f3d9a4 }
.serious { fill: #b3261e; font-weight: 600 }
.warning { fill: #8a5a00 }
.notice { fill: #596579 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6eaf2 }
  .ground { fill: #14181f }
  .follower { fill: #46597a }
  .serious { fill: #ff8a80 }
  .warning { fill: #f0c36a }
  .notice { fill: #a9b4c6 }
}`;
