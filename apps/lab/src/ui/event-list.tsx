import type { TapeEvent } from "../world/tape.ts";
import type { Selection } from "./inspector.tsx";
import type { Player } from "./player.ts";
import { decisionText, timeText } from "./words.ts";

const shown = 12;

/** What happened last, in words, with the reasons. */
export function EventList({ player, selection }: { readonly player: Player; readonly selection: Selection }) {
  const lines = lastLines(player.tape.events, player.event);
  return (
    <div class="panel events" role="group" aria-label="Events">
      <h2>What happened</h2>
      <ol>
        {lines.map(({ place, event }) => (
          <li key={place} class={event.isNotable ? "is-notable" : ""}>
            <button type="button" class="link" onClick={() => selection.ofEvent(place)}>
              {timeText(event.at)}
            </button>{" "}
            {event.notes.join("; ")}
            {event.decisions.length > 0 && (
              <em> {decisionText(event.decisions[0] as TapeEvent["decisions"][number])}</em>
            )}
          </li>
        ))}
      </ol>
    </div>
  );
}

function lastLines(events: readonly TapeEvent[], last: number) {
  const found: { readonly place: number; readonly event: TapeEvent }[] = [];
  for (let place = last; place >= 0 && found.length < shown; place--) {
    const event = events[place] as TapeEvent;
    if (event.notes.length > 0) found.push({ place, event });
  }
  return found;
}
