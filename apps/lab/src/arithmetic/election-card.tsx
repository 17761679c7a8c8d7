import { electionTime, majority, PlannerError, splitVoteProbability, suggestTiming } from "@quorate/planner";
import { useEffect, useState } from "preact/hooks";
import { measureElection } from "../world/measure-elections.ts";
import type { Inputs } from "./inputs.ts";
import { Slider } from "./slider.tsx";

const worlds = 60;

interface Measured {
  readonly times: readonly number[];
  readonly split: number;
}

/** What is predicted of elections, beside what the shipped core does in many worlds. */
export function ElectionCard({
  inputs,
  change,
}: {
  readonly inputs: Inputs;
  readonly change: (part: Partial<Inputs>) => void;
}) {
  const { members, timeoutMs, oneWayMs } = inputs;
  const widest = windowOf(inputs);
  const windowMs = Math.min(inputs.windowMs, widest);
  const measured = useMeasured({ ...inputs, windowMs });
  const suggestion = suggestTiming({ roundTripMs: 2 * oneWayMs, tailMs: 0 });
  const predicted = predictionOf({ ...inputs, windowMs });
  const half = measured.times[Math.floor(measured.times.length / 2)];
  return (
    <div class="panel" role="group" aria-label="Elections">
      <h2>How long is it without a leader?</h2>
      <Slider
        label="Election timeout T"
        value={timeoutMs}
        least={50}
        most={5000}
        step={10}
        unit="ms"
        take={(value) => change({ timeoutMs: value, windowMs: windowOf({ timeoutMs: value, oneWayMs }) })}
      />
      <Slider
        label="One way"
        value={oneWayMs}
        least={0}
        most={200}
        unit="ms"
        take={(value) => change({ oneWayMs: value, windowMs: windowOf({ timeoutMs, oneWayMs: value }) })}
      />
      <Slider
        label="Window W that timers are drawn from"
        value={windowMs}
        least={5}
        most={widest}
        step={5}
        unit="ms"
        take={(value) => change({ windowMs: value })}
      />
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">predicted</th>
            <th scope="col">the shipped core, {measured.times.length} worlds</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <th scope="row">until another leads, half of the time</th>
            <td>{predicted.time}</td>
            <td>{half === undefined ? "…" : `${half.toFixed(0)} ms`}</td>
          </tr>
          <tr>
            <th scope="row">split votes in the first round</th>
            <td>{predicted.split}</td>
            <td>
              {measured.times.length === 0 ? "…" : `${((100 * measured.split) / measured.times.length).toFixed(1)} %`}
            </td>
          </tr>
        </tbody>
      </table>
      <p class="hint">
        {members} voters, a quorum of {majority(members)}. For this round trip the planner suggests T ={" "}
        {suggestion.timeoutMs} ms and a window of {suggestion.windowMs} ms. Timers are drawn from [T, T + W). The core
        that ships takes the largest of 150 ms, ten round trips and T for W, here {widest} ms: the slider makes it
        narrower, as a careless configuration would.
      </p>
    </div>
  );
}

/** The window of the core that ships (packages/raft/src/timing.ts), in ms. */
function windowOf({ timeoutMs, oneWayMs }: Pick<Inputs, "timeoutMs" | "oneWayMs">): number {
  return Math.max(150, 20 * oneWayMs, timeoutMs);
}

function predictionOf({ members, timeoutMs, windowMs, oneWayMs, syncMs }: Inputs): {
  readonly time: string;
  readonly split: string;
} {
  const live = members - 1;
  try {
    const electorate = { voters: members, live, windowMs, oneWayMs, syncMs: 0.1, preVote: true };
    const { p50Ms } = electionTime({ ...electorate, timeoutMs, heartbeatMs: timeoutMs / 10 });
    return { time: `${p50Ms.toFixed(0)} ms`, split: `${(100 * splitVoteProbability(electorate)).toFixed(1)} %` };
  } catch (error) {
    if (!(error instanceof PlannerError)) throw error;
    return { time: syncMs >= 0 ? error.message : "", split: "—" };
  }
}

/** One world at a time, between frames: the page stays awake. */
function useMeasured({ members, timeoutMs, windowMs, oneWayMs }: Inputs): Measured {
  const [measured, setMeasured] = useState<Measured>({ times: [], split: 0 });
  useEffect(() => {
    let isOver = members < 2 || members > 9;
    const times: number[] = [];
    let split = 0;
    const next = (seed: number): void => {
      if (isOver || seed > worlds) return;
      const found = measureElection(seed, {
        members,
        electionTimeoutMs: timeoutMs,
        delayMs: oneWayMs,
        timerSpread: Math.min(1, windowMs / windowOf({ timeoutMs, oneWayMs })),
      });
      if (found !== undefined) {
        times.push(found.ms);
        times.sort((one, other) => one - other);
        if (found.terms > 1) split++;
        setMeasured({ times: [...times], split });
      }
      timer = setTimeout(next, 0, seed + 1);
    };
    setMeasured({ times: [], split: 0 });
    let timer = setTimeout(next, 200, 1);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [members, timeoutMs, windowMs, oneWayMs]);
  return measured;
}
