import type { ReportedFinding } from "@quorate/doctor";
import { findingId } from "./finding-marks.tsx";
import { Refusals } from "./refusals.tsx";
import { stories } from "../stories/library.ts";
import { reproducedBy } from "./reproduced-by.ts";

/** One thing that was found: how sure, what shows it, what it means, what to do now, and what a design does about it. */
export function FindingPanel({ finding, number }: { readonly finding: ReportedFinding; readonly number: number }) {
  const { id, title, severity, confidence, members, from, until, summary, meaning, action, design, evidence } = finding;
  const shown = reproducedBy[id].flatMap((name) => stories.filter((story) => story.name === name));
  return (
    <section id={findingId(number)} tabIndex={-1} class={`panel finding is-${severity}`} aria-label={title}>
      <h3>
        {number}. <span class="severity">{severity}</span> {title}
      </h3>
      <p>
        <strong>{summary}</strong>
      </p>
      <p class="quiet">
        {members.length > 0 && `Of ${members.join(", ")}. `}
        {from === until ? from : `${from} to ${until}`}. Confidence: {Math.round(confidence * 100)} %.
      </p>
      <dl>
        <dt>What it means</dt>
        <dd>{meaning}</dd>
        <dt>What to do now</dt>
        <dd>{action}</dd>
        <dt>What a design does about it</dt>
        <dd>{design}</dd>
      </dl>
      <Refusals finding={finding} />
      <h4>The lines that show it</h4>
      <ol class="evidence">
        {evidence.map(({ file, line, at, count, text }, place) => (
          <li key={place}>
            <span class="quiet">
              {file}:{line}, {at}
              {count > 1 && `, and ${count - 1} more like it`}
            </span>
            <code>{text}</code>
          </li>
        ))}
      </ol>
      {shown.length > 0 && (
        <p>
          Watch it happen:{" "}
          {shown.map(({ name, title: storyTitle }, at) => (
            <span key={name}>
              {at > 0 && "; "}
              <a href={`#/compare/${name}`}>{storyTitle}</a>
            </span>
          ))}
        </p>
      )}
    </section>
  );
}
