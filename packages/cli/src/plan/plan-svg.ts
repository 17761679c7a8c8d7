import type { PlanReport } from "./plan-report.ts";
import { hoursText, logShare, msText, percentText } from "./plan-text.ts";

const width = 760;
const margin = 24;
const labelWidth = 130;
const rowHeight = 24;
const barSpace = width - 2 * margin - labelWidth - 170;

interface Bar {
  readonly label: string;
  /** From 0 to 1. */
  readonly part: number;
  readonly text: string;
  /** What the plan is about, or what goes on in it. */
  readonly isMarked: boolean;
}

interface Panel {
  readonly title: string;
  readonly note: string;
  readonly bars: readonly Bar[];
}

/** The report's plots as one SVG document, light or dark as its reader prefers. */
export function drawPlan(report: PlanReport): string {
  const panels = [availabilityPanel(report), ...latencyPanels(report), ...electionPanel(report)];
  let top = margin + 34;
  const drawn = panels.map((panel) => {
    const text = drawPanel(panel, top);
    top += 58 + panel.bars.length * rowHeight;
    return text;
  });
  const { voters, quorum, isSafe } = report.quorum;
  const title = `${voters} voters, ${quorum} decide: ${isSafe ? "safe" : "NOT SAFE"}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${top}" viewBox="0 0 ${width} ${top}" ` +
      `style="max-width:100%;height:auto" role="img" aria-labelledby="plan-title">`,
    `<style>${style}</style>`,
    `<rect class="ground" width="100%" height="100%"/>`,
    `<text id="plan-title" class="title" x="${margin}" y="${margin + 12}">${escapeText(title)}</text>`,
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

function availabilityPanel({ sizes, quorum }: PlanReport): Panel {
  const down = sizes.map(({ downHoursPerYear }) => downHoursPerYear).filter((hours) => hours > 0);
  return {
    title: "Out of service a year, by the number of equal voters",
    note: "logarithmic",
    bars: sizes.map(({ voters, downHoursPerYear }) => ({
      label: `${voters} voter${voters === 1 ? "" : "s"}`,
      part: logShare(downHoursPerYear, Math.min(...down), Math.max(...down)),
      text: hoursText(downHoursPerYear),
      isMarked: voters === quorum.voters,
    })),
  };
}

function latencyPanels({ latency }: PlanReport): readonly Panel[] {
  if (latency === undefined) return [];
  const { leaders, leader: looked, slow } = latency;
  const all = [...leaders, ...slow.map((effect) => effect.latency)].map((each) => each?.p99 ?? 0);
  const most = Math.max(...all);
  return [
    {
      title: "Commit latency by who leads",
      note: "p99, with p50 and p99.9",
      bars: leaders.map(({ leader, p50, p99, p999 }, at) => ({
        label: leader,
        part: p99 / most,
        text: `${msText(p99)} (${msText(p50)}, ${msText(p999)})`,
        isMarked: at === 0,
      })),
    },
    {
      title: `Commit latency under ${looked} when followers are slow`,
      note: "p99, the worst choice of them",
      bars: slow.map((effect) => ({
        label: effect.slow.length === 0 ? "none slow" : effect.slow.join(", "),
        part: (effect.latency?.p99 ?? 0) / most,
        text: effect.latency === undefined ? "nothing is committed" : msText(effect.latency.p99),
        isMarked: effect.slow.length === 0,
      })),
    },
  ];
}

function electionPanel({ election }: PlanReport): readonly Panel[] {
  if (election === undefined || election.windows.length === 0) return [];
  return [
    {
      title: "Probability of a split vote, by the election window",
      note: `timers from ${election.timeoutMs} ms`,
      bars: election.windows.map(({ windowMs, splitProbability, p99Ms }) => ({
        label: `${windowMs} ms`,
        part: splitProbability,
        text: `${percentText(splitProbability)}${p99Ms === undefined ? "" : `, leader by ${msText(p99Ms)}`}`,
        isMarked: windowMs === Math.round(election.windowMs),
      })),
    },
  ];
}

function drawPanel({ title, note, bars }: Panel, top: number): string {
  const left = margin + labelWidth;
  const rows = bars.map(({ label, part, text, isMarked }, at) => {
    const y = top + 26 + at * rowHeight;
    const length = Math.max(part > 0 ? 1 : 0, Math.round(part * barSpace));
    return [
      `<text class="label" x="${left - 8}" y="${y + 13}">${escapeText(shortened(label))}</text>`,
      `<rect class="${isMarked ? "marked" : "bar"}" x="${left}" y="${y}" width="${length}" height="${rowHeight - 7}" rx="2"/>`,
      `<text class="value" x="${left + length + 6}" y="${y + 13}">${escapeText(text)}</text>`,
    ].join("\n");
  });
  return [
    `<text class="heading" x="${margin}" y="${top + 10}">${escapeText(title)} <tspan class="note">(${escapeText(note)})</tspan></text>`,
    ...rows,
  ].join("\n");
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
.title { font-size: 17px; font-weight: 600 }
.heading { font-weight: 600 }
.note { font-weight: 400; fill: #596579 }
.label { text-anchor: end }
.value { font-size: 12px; fill: #39445a }
.bar { fill: #9db4d6 }
.marked { fill: #2f6fd0 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6eaf2 }
  .ground { fill: #14181f }
  .note, .value { fill: #a9b4c6 }
  .bar { fill: #46597a }
  .marked { fill: #6aa1f4 }
}`;
