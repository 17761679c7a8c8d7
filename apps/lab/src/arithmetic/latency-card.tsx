import { percentilesOf, type Distribution } from "@quorate/planner";
import { useMemo } from "preact/hooks";
import type { CommitSetup } from "../world/measure-commits.ts";
import { CommitPlot } from "./commit-plot.tsx";
import { decisionOf, predictCommit, quantileOf } from "./commit-times.ts";
import { mostTripMs, pairAt, tripMatrix, type Inputs } from "./inputs.ts";
import { Slider } from "./slider.tsx";
import { useCommits, worldsOfCommits } from "./use-commits.ts";

interface LatencyCardProps {
  readonly inputs: Inputs;
  readonly change: (part: Partial<Inputs>) => void;
}

/** Who decides how long a commit takes, the quorum-th fastest, the leader counted; and who had better lead. */
export function LatencyCard({ inputs, change }: LatencyCardProps) {
  const { members, quorum, syncMs } = inputs;
  const setup: CommitSetup = { quorum, leader: inputs.leader - 1, roundTrips: tripMatrix(inputs), syncMs };
  const predicted = useMemo(() => predictCommit(setup), [JSON.stringify(setup)]);
  const { times, decider } = decisionOf(setup);
  const { p50 } = percentilesOf(predicted);
  const longest = Math.max(...times.map(({ ms }) => ms), 1);
  return (
    <div class="panel wide" role="group" aria-label="Commit latency">
      <h2>How long does a commit take?</h2>
      <Slider
        label="A sync of a disk, on average"
        value={syncMs}
        least={0}
        most={50}
        step={0.5}
        unit="ms"
        take={(value) => change({ syncMs: value })}
      />
      <RoundTrips inputs={inputs} change={change} />
      <h3>Who decides, where member {inputs.leader} leads</h3>
      <ul class="bars">
        {times.map(({ member, ms }) => (
          <li key={member} class={member === decider ? "is-decider" : ""}>
            <span>
              member {member + 1}
              {member === setup.leader && ", leads"}
            </span>
            <span class="track">
              <span class="fill" style={{ width: `${(100 * ms) / longest}%` }} />
            </span>
            <span>{ms.toFixed(1)} ms</span>
          </li>
        ))}
      </ul>
      <p>
        Half of all commits take <strong>{p50.toFixed(1)} ms</strong> or less. Member {decider + 1} decides: by round
        trip and sync it is number {quorum} of {members}, and {quorum} must have the entry. Those that are slower cost
        nothing, until a faster one fails.
        {2 * quorum <= members && " That many are no majority: fast, and not safe."}
      </p>
      <Measured setup={setup} predicted={predicted} choose={(leader) => change({ leader })} />
    </div>
  );
}

interface MeasuredProps {
  readonly setup: CommitSetup;
  readonly predicted: Distribution;
  readonly choose: (leader: number) => void;
}

/** Drawn anew with each leader that was measured, by itself: what is being typed elsewhere on the card stays. */
function Measured({ setup, predicted, choose }: MeasuredProps) {
  const measured = useCommits(setup);
  return (
    <>
      <CommitPlot predicted={predicted} measured={measured[setup.leader] ?? []} />
      <Leaders setup={setup} measured={measured} choose={choose} />
    </>
  );
}

/** Each pair once, at both of its members. */
function RoundTrips({ inputs, change }: LatencyCardProps) {
  const { members, roundTrips } = inputs;
  if (members === 1) return null;
  const matrix = tripMatrix(inputs);
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Round trips between members">
      <table class="trips">
        <caption>Round trips between members, in ms</caption>
        <thead>
          <tr>
            <td />
            {matrix.slice(1).map((_, at) => (
              <th key={at} scope="col">
                {at + 2}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.slice(0, -1).map((row, one) => (
            <tr key={one}>
              <th scope="row">{one + 1}</th>
              {row.slice(1).map((ms, at) => {
                const other = at + 1;
                if (other <= one) return <td key={other} />;
                return (
                  <td key={other}>
                    <input
                      type="number"
                      aria-label={`Round trip between ${one + 1} and ${other + 1}, in ms`}
                      min={0}
                      max={mostTripMs}
                      value={ms}
                      onChange={({ currentTarget: { valueAsNumber } }) => {
                        if (!(valueAsNumber >= 0 && valueAsNumber <= mostTripMs)) return;
                        change({ roundTrips: roundTrips.with(pairAt(members, one, other), valueAsNumber) });
                      }}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface LeadersProps {
  readonly setup: CommitSetup;
  /** By who leads, ascending. */
  readonly measured: readonly (readonly number[])[];
  readonly choose: (leader: number) => void;
}

/** What a commit takes under each leader, by the planner and by the core: choose one. */
function Leaders({ setup, measured, choose }: LeadersProps) {
  const { quorum, roundTrips, syncMs } = setup;
  const rows = useMemo(
    () =>
      roundTrips.map((_, leader) => ({
        ...percentilesOf(predictCommit({ ...setup, leader })),
        decider: decisionOf({ ...setup, leader }).decider,
      })),
    [JSON.stringify({ quorum, roundTrips, syncMs })],
  );
  const least = Math.min(...rows.map(({ p50 }) => p50));
  const count = measured[setup.leader]?.length ?? 0;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label="Who had better lead">
      <table class="leaders-by-latency">
        <caption>Who had better lead</caption>
        <thead>
          <tr>
            <th scope="col" rowSpan={2}>
              leader
            </th>
            <th scope="col" rowSpan={2}>
              decides
            </th>
            <th scope="colgroup" colSpan={2}>
              predicted, ms
            </th>
            <th scope="colgroup" colSpan={2}>
              the shipped core, ms
            </th>
          </tr>
          <tr>
            <th scope="col">p50</th>
            <th scope="col">p99</th>
            <th scope="col">p50</th>
            <th scope="col">p99</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ p50, p99, decider }, leader) => (
            <tr key={leader} class={leader === setup.leader ? "differs" : ""}>
              <th scope="row">
                <label>
                  <input
                    type="radio"
                    name="leader"
                    checked={leader === setup.leader}
                    onChange={() => choose(leader + 1)}
                  />{" "}
                  {leader + 1}
                  {p50 === least && " (best)"}
                </label>
              </th>
              <td>{decider + 1}</td>
              <td>{p50.toFixed(1)}</td>
              <td>{p99.toFixed(1)}</td>
              <td>{quantileOf(measured[leader] ?? [], 0.5)?.toFixed(1) ?? "…"}</td>
              <td>{quantileOf(measured[leader] ?? [], 0.99)?.toFixed(1) ?? "…"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint" role="status">
        {count === 0 ? "Measuring in the simulator…" : `${count} commits in ${worldsOfCommits} worlds measured`}
        {count > 0 &&
          ", one after the other, with these delays and disks whose syncs vary (exponentially distributed)."}
      </p>
    </div>
  );
}
