import { commitLatency, fixedTime, majority, percentilesOf, type Topology } from "@quorate/planner";
import type { Inputs } from "./inputs.ts";
import { Slider } from "./slider.tsx";

/** Who decides how long a commit takes: the quorum-th fastest, the leader counted. */
export function LatencyCard({
  inputs,
  change,
}: {
  readonly inputs: Inputs;
  readonly change: (part: Partial<Inputs>) => void;
}) {
  const { members, roundTrips, syncMs } = inputs;
  const { p50 } = percentilesOf(commitLatency(topologyOf(inputs), 0));
  const times = [
    { name: "leader", ms: syncMs },
    ...roundTrips.map((ms, at) => ({ name: `member ${at + 2}`, ms: ms + syncMs })),
  ];
  const decider = times.toSorted((one, other) => one.ms - other.ms)[majority(members) - 1];
  const longest = Math.max(...times.map(({ ms }) => ms), 1);
  return (
    <div class="panel" role="group" aria-label="Commit latency">
      <h2>How long does a commit take?</h2>
      <Slider
        label="A sync of a disk"
        value={syncMs}
        least={0}
        most={50}
        step={0.5}
        unit="ms"
        take={(value) => change({ syncMs: value })}
      />
      {roundTrips.map((ms, at) => (
        <Slider
          // Members have no other name than their place.
          key={`member ${at}`}
          label={`Round trip to member ${at + 2}`}
          value={ms}
          least={0}
          most={300}
          unit="ms"
          take={(value) => change({ roundTrips: roundTrips.map((old, place) => (place === at ? value : old)) })}
        />
      ))}
      <ul class="bars">
        {times.map(({ name, ms }) => (
          <li key={name} class={name === decider?.name ? "is-decider" : ""}>
            <span>{name}</span>
            <span class="track">
              <span class="fill" style={{ width: `${(100 * ms) / longest}%` }} />
            </span>
            <span>{ms.toFixed(1)} ms</span>
          </li>
        ))}
      </ul>
      <p>
        A commit takes <strong>{p50.toFixed(1)} ms</strong>: as long as {decider?.name}, number {majority(members)} of{" "}
        {members} by speed. Those that are slower cost nothing, until a faster one fails.
      </p>
    </div>
  );
}

function topologyOf({ members, roundTrips, syncMs }: Inputs): Topology {
  const trip = (from: number, to: number): number =>
    from === 0 ? (roundTrips[to - 1] ?? 0) : (roundTrips[from - 1] ?? 0);
  const all = Array.from({ length: members }, (_, at) => at);
  return {
    names: all.map(String),
    roundTrips: all.map((from) => all.map((to) => fixedTime(from === to ? 0 : trip(from, to)))),
    syncs: all.map(() => fixedTime(syncMs)),
    sets: all.map(() => 1 as const),
    quorums: [majority(members)],
  };
}
