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
  /** Leads to a moment, in µs of this world: of two side by side, both go there. */
  readonly show: (micros: number) => void;
  /** What times are counted from, in µs. */
  readonly from?: number;
}

export function Invariants({ player, show, from = 0 }: InvariantsProps) {
  const event = player.event;
  const fallen = player.tape.violations.filter((violation) => violation.event <= event);
  const stale = player.tape.requests.filter(
    ({ index, needed, answeredAt }) =>
      index !== undefined && index < needed && answeredAt !== undefined && answeredAt <= player.now.value,
  );
  const others = fallen.filter(({ property }) => !properties.some(([name]) => name === property));
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
              {violation !== undefined && <When player={player} event={violation.event} show={show} from={from} />}
            </li>
          );
        })}
        <li class={stale.length === 0 ? "holds" : "fell"}>
          <strong>linearizable reads</strong>:{" "}
          {stale.length === 0
            ? "each sees everything that was committed when it was asked"
            : `${stale.length} saw an old state: as of entry ${stale[0]?.index}, where ${stale[0]?.needed} was committed`}
          {stale[0] !== undefined && <Moment at={stale[0].answeredAt ?? 0} show={show} from={from} />}
        </li>
        {others.map((violation) => (
          <li key={violation.property} class="fell">
            <strong>{violation.property}</strong>: {violation.message}
            <When player={player} event={violation.event} show={show} from={from} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function When({ player, event, show, from = 0 }: InvariantsProps & { readonly event: number }) {
  return <Moment at={player.tape.events[event]?.at ?? player.tape.endMicros} show={show} from={from} />;
}

function Moment({ at, show, from = 0 }: Omit<InvariantsProps, "player"> & { readonly at: number }) {
  return (
    <button type="button" class="link" onClick={() => show(at)}>
      at {timeText(at - from)}
    </button>
  );
}
