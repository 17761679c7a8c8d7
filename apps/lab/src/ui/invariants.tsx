import { Causes, CausesButton } from "../causes/causes.tsx";
import type { Fall } from "../causes/chain.ts";
import type { TapeRequest } from "../world/tape.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";
import { timeText } from "./words.ts";

/** What must never fall: Figure 3 of the paper in words, and whether it has, by this moment. */
const properties: readonly (readonly [string, string])[] = [
  ["election safety", "at most one leader in a term"],
  ["leader append-only", "a leader never changes its own log but at the end"],
  ["log matching", "logs that share an entry share everything before it"],
  ["leader completeness", "whoever leads has everything that was committed"],
  ["state machine safety", "nobody applies another entry at the same place"],
];

interface InvariantsProps {
  readonly player: Player;
  readonly selection: Selection;
  /** Leads to a moment, in µs of this world: of two side by side, both go there. */
  readonly show: (micros: number) => void;
  /** What times are counted from, in µs. */
  readonly from?: number;
}

export function Invariants({ player, selection, show, from = 0 }: InvariantsProps) {
  const event = player.event;
  const fallen = player.tape.violations.filter((violation) => violation.event <= event);
  const stale = player.tape.requests.filter(
    ({ index, needed, answeredAt }) =>
      index !== undefined && index < needed && answeredAt !== undefined && answeredAt <= player.now.value,
  );
  const others = fallen.filter(({ property }) => !properties.some(([name]) => name === property));
  const why = (fall: Fall) => (
    <>
      <Moment at={player.tape.events[fall.event]?.at ?? player.tape.endMicros} show={show} from={from} />{" "}
      <CausesButton player={player} selection={selection} fall={fall} />
    </>
  );
  const isGood = fallen.length === 0 && stale.length === 0;
  return (
    <div class={`panel invariants ${isGood ? "" : "has-fallen"}`} role="group" aria-label="Invariants">
      <h2>{isGood ? "Everything holds" : "Something fell"}</h2>
      <ul>
        {properties.map(([name, meaning]) => {
          const violation = fallen.find(({ property }) => property === name);
          return (
            <li key={name} class={violation === undefined ? "holds" : "fell"}>
              <strong>{name}</strong>: {violation === undefined ? meaning : violation.message}
              {violation !== undefined && why(violation)}
            </li>
          );
        })}
        <li class={stale.length === 0 ? "holds" : "fell"}>
          <strong>linearizable reads</strong>:{" "}
          {stale.length === 0
            ? "each sees everything that was committed when it was asked"
            : `${stale.length} saw an old state: as of entry ${stale[0]?.index}, where ${stale[0]?.needed} was committed`}
          {stale[0] !== undefined && why(fallOf(stale[0]))}
        </li>
        {others.map((violation) => (
          <li key={violation.property} class="fell">
            <strong>{violation.property}</strong>: {violation.message}
            {why(violation)}
          </li>
        ))}
      </ul>
      <Causes player={player} selection={selection} show={show} from={from} />
    </div>
  );
}

/** A stale read in the words of the simulator's checker. */
function fallOf({ member, index, needed, answeredIn }: TapeRequest): Fall {
  const message = `member ${member} serves a read at index ${index}; ${needed} was committed when it was asked`;
  return { event: answeredIn ?? 0, property: "read freshness", message };
}

function Moment({ at, show, from = 0 }: Omit<InvariantsProps, "player" | "selection"> & { readonly at: number }) {
  return (
    <button type="button" class="link" onClick={() => show(at)}>
      at {timeText(at - from)}
    </button>
  );
}
