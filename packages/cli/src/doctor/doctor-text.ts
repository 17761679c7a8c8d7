import { timelineText, type Report, type ReportedFinding } from "@quorate/doctor";

const width = 100;

/** The report for a person. */
export function doctorText(report: Report, flags: { readonly brief?: true; readonly timeline?: true }): string {
  const { findings } = report;
  const serious = findings.filter(({ severity }) => severity === "serious").length;
  const head =
    findings.length === 0
      ? "Nothing was found.\n"
      : `${count(findings.length, "finding")}${serious === findings.length ? ", serious" : serious > 0 ? `, ${serious} of them serious` : ", nothing serious"}.\n`;
  const showTimeline = flags.timeline === true || (findings.length > 0 && flags.brief !== true);
  return [
    sourcesText(report),
    ...(showTimeline ? [timelineText(report)] : []),
    head,
    ...findings.map((finding) => (flags.brief === true ? briefText(finding) : findingText(finding))),
  ].join("\n");
}

function briefText({ severity, title, summary, confidence }: ReportedFinding): string {
  return `${severity.toUpperCase().padEnd(7)}  ${title}: ${summary} (${percent(confidence)})\n`;
}

function findingText(finding: ReportedFinding): string {
  const { severity, title, summary, confidence, evidence, from, until } = finding;
  return [
    `${severity.toUpperCase()}  ${title}  (${finding.id}, ${percent(confidence)} sure)`,
    wrapped("", summary),
    `  ${from === until ? from : `${from} to ${until}`}`,
    ...evidence.map(
      ({ file, line, text, count: lines }) =>
        `  ${line === 0 ? file : `${file}:${line}`}  ${shortened(telling(text))}${lines > 1 ? `  (and ${count(lines - 1, "more line")} like it)` : ""}`,
    ),
    wrapped("Meaning: ", finding.meaning),
    wrapped("Now:     ", finding.action),
    wrapped("Design:  ", finding.design),
    "",
  ].join("\n");
}

function sourcesText({ sources, clocks, coarseMs }: Report): string {
  const lines = sources.map(({ name, lines: read, formats, problems }) => {
    const known = Object.keys(formats).join(", ");
    const what = problems.length > 0 ? `; ${problems.join("; ")}` : "";
    return `  ${name}: ${count(read, "line")}${known === "" ? "" : `, ${known}`}${what}`;
  });
  const shown = lines.length > 12 ? [...lines.slice(0, 11), `  … and ${lines.length - 11} more`] : lines;
  const differing = clocks.filter(({ leastMs, mostMs }) => leastMs > noticeableMs || mostMs < -noticeableMs);
  const apart =
    clocks.length > 0 && differing.length === 0
      ? ["  Their clocks agree, as far as their elections tell."]
      : differing.map(
          ({ member, reference, leastMs, mostMs }) =>
            `  The clock of ${member} is ${between(leastMs, mostMs)} against that of ${reference}, by their elections; its times are corrected.`,
        );
  const coarse =
    coarseMs === undefined
      ? []
      : [`  So much happened that what came within ${Math.round(coarseMs / 1000)} s of its like was put together.`];
  return [...shown, ...apart, ...coarse, ""].join("\n");
}

/** As in the doctor: what is less than that is no difference. */
const noticeableMs = 20;

function between(leastMs: number, mostMs: number): string {
  const signed = (ms: number): string => `${ms >= 0 ? "+" : "-"}${Math.abs(ms).toFixed(Math.abs(ms) < 10 ? 1 : 0)} ms`;
  return `between ${signed(leastMs)} and ${signed(mostMs)}`;
}

function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

/** Of a line of JSON the message, then the rest without level, time and place in the source: there is little room. */
function telling(text: string): string {
  const [, before = "", message, after = ""] = /^\{(.*?)"@?(?:msg|message)":"((?:[^"\\]|\\.)*)"(.*)$/.exec(text) ?? [];
  if (message === undefined) return text;
  const known = /,?"@?(?:level|ts|time|timestamp|caller|logger|module|member)":"[^"]*"/g;
  const rest = `${before}${after}`.replaceAll(known, "").replace(/^,+|[,}]+$/g, "");
  return rest === "" ? message : `${message}  ${rest}`;
}

/** Without what a terminal would take for commands. */
function shortened(text: string): string {
  const plain = text.replaceAll(/\p{Cc}+/gu, " ");
  return plain.length > 160 ? `${plain.slice(0, 159)}…` : plain;
}

function wrapped(label: string, text: string): string {
  const lines: string[] = [];
  let line = `  ${label}`;
  for (const word of text.split(" ")) {
    if (line.length + word.length + 1 > width) {
      lines.push(line);
      line = `  ${" ".repeat(label.length)}`;
    }
    line += line.trimEnd() === "" || line.endsWith(": ") ? word : line.endsWith("  ") ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}
