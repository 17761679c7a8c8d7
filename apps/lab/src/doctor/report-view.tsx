import type { Report } from "@quorate/doctor";
import { FindingPanel } from "./finding-panel.tsx";
import { More, Timeline } from "./timeline.tsx";

const mostFindings = 50;
const mostProblems = 20;

/** What the doctor says of the logs. */
export function ReportView({ report }: { readonly report: Report }) {
  const { findings, sources, members, clocks, coarseMs } = report;
  const troubled = sources.filter(({ problems }) => problems.length > 0);
  if (sources.every(({ formats }) => Object.keys(formats).length === 0)) {
    return (
      <div class="problem" role="status">
        <p>
          <strong>Nothing here could be read as a log of a Raft cluster.</strong> The doctor reads logs of etcd, of
          hashicorp/raft (Consul, Nomad, Vault), of Quorate, and lines with a time, a level and a message.
        </p>
        <Problems sources={troubled} />
      </div>
    );
  }
  const lines = sources.reduce((sum, source) => sum + source.lines, 0);
  return (
    <>
      <p role="status">
        Read {counted(lines, "line")} of {counted(sources.length, "log")}, {counted(members.length, "member")}:{" "}
        <strong>{findings.length === 0 ? "nothing was found." : `${counted(findings.length, "finding")}.`}</strong>
      </p>
      {troubled.length > 0 && (
        <div class="problem">
          <Problems sources={troubled} />
        </div>
      )}
      {coarseMs !== undefined && (
        <p class="quiet">
          There was so much to note that what came within {Math.round(coarseMs)} ms of its like was put together.
        </p>
      )}
      {clocks.filter(areApart).map(({ member, reference, leastMs, mostMs }) => (
        <p key={member} class="quiet">
          By the elections, the clock of {member} is {Math.round(leastMs)} to {Math.round(mostMs)} ms ahead of that of{" "}
          {reference}; its times are corrected.
        </p>
      ))}
      <Timeline report={report} />
      {findings.length > 0 && <h2>What was found</h2>}
      {findings.slice(0, mostFindings).map((finding, at) => (
        <FindingPanel key={at} finding={finding} number={at + 1} />
      ))}
      <More count={findings.length - mostFindings} of="findings" />
    </>
  );
}

/** As in the doctor: what is less than that is no difference. A clock that is behind is ahead by less than nothing. */
function areApart({ leastMs, mostMs }: Report["clocks"][number]): boolean {
  return leastMs > 20 || mostMs < -20;
}

function Problems({ sources }: { readonly sources: Report["sources"] }) {
  return (
    <>
      <ul>
        {sources.slice(0, mostProblems).map(({ name, problems }) => (
          <li key={name}>
            {name}: {problems.join("; ")}
          </li>
        ))}
      </ul>
      <More count={sources.length - mostProblems} of="logs" />
    </>
  );
}

function counted(count: number, what: string): string {
  return `${count.toLocaleString("en")} ${what}${count === 1 ? "" : "s"}`;
}
