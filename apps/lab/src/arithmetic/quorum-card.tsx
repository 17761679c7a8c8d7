import { availabilityOf, countSplits, equalMachines, majority, quorumFacts, type Repairable } from "@quorate/planner";
import type { Inputs } from "./inputs.ts";
import { downText, upText } from "./up-text.ts";
import { Slider } from "./slider.tsx";

interface CardProps {
  readonly inputs: Inputs;
  readonly change: (part: Partial<Inputs>) => void;
}

/** What a quorum tolerates, and what a wrong one risks. */
export function QuorumCard({ inputs, change }: CardProps) {
  const { members, quorum } = inputs;
  const facts = quorumFacts(members, quorum);
  const splits = countSplits(members, quorum);
  const isSafe = 2 * quorum > members;
  return (
    <div class="panel" role="group" aria-label="Quorum">
      <h2>How many must agree?</h2>
      <Slider
        label="Voters"
        value={members}
        least={1}
        most={15}
        take={(value) => change({ members: value, quorum: majority(value) })}
      />
      <Slider label="Quorum" value={quorum} least={1} most={members} take={(value) => change({ quorum: value })} />
      <p>
        The smallest safe quorum of {members} is <strong>{majority(members)}</strong>: any two of that size share a
        member. With {quorum}, {facts.tolerates} may fail.
      </p>
      {isSafe ? (
        <p class="good">
          No split of the network gives two sides a quorum. {String(splits.none)} of {String(splits.all)} ways to split
          in two leave neither side with one: safe, and out of service.
        </p>
      ) : (
        <p class="bad">
          {String(splits.two)} of the {String(splits.all)} ways to split in two ({(100 * splits.twoPart).toFixed(1)} %)
          give both sides a quorum: two leaders.
        </p>
      )}
    </div>
  );
}

/** How much of the time a quorum is up: for this size, and its neighbours. */
export function AvailabilityCard({ inputs, change }: CardProps) {
  const { members, quorum, failsEvery, repair } = inputs;
  const sizes = [...new Set([1, 3, 4, 5, 6, 7, members])].toSorted((one, other) => one - other);
  const machine = { failsEveryHours: failsEvery, repairHours: repair };
  const rows = sizes.map((size) => rowOf(size, machine, size === members ? quorum : majority(size)));
  return (
    <div class="panel" role="group" aria-label="Availability">
      <h2>How often is it up?</h2>
      <Slider
        label="A member fails every"
        value={failsEvery}
        least={24}
        most={8760}
        step={24}
        unit="hours"
        take={(value) => change({ failsEvery: value })}
      />
      <Slider
        label="A failure lasts"
        value={repair}
        least={0.25}
        most={48}
        step={0.25}
        unit="hours"
        take={(value) => change({ repair: value })}
      />
      <table>
        <thead>
          <tr>
            <th scope="col">voters</th>
            <th scope="col">quorum</th>
            <th scope="col">up</th>
            <th scope="col">down in a year</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ size, needs, unavailability, downHoursPerYear }) => (
            <tr key={size} class={size === members ? "differs" : ""}>
              <th scope="row">{size}</th>
              <td>{needs}</td>
              <td>{upText(unavailability)}</td>
              <td>{downText(downHoursPerYear)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="hint">A fourth voter makes it worse: the quorum grows, and what may fail does not.</p>
    </div>
  );
}

function rowOf(size: number, machine: Repairable, needs: number) {
  return { ...availabilityOf(equalMachines(size, machine, needs)), size, needs };
}
