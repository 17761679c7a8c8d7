import type { PlayClock } from "./clock.ts";
import { linkTo, shareMoment } from "../links/share.ts";
import type { Player } from "./player.ts";
import { Scrubber } from "./scrubber.tsx";
import { TimeButtons } from "./time-buttons.tsx";
import { timeText } from "./words.ts";

interface BarProps {
  readonly player: Player;
  readonly clock: PlayClock;
  /** Where links to a moment lead, before the moment itself. */
  readonly page?: string | undefined;
}

/** Time of one world, and the link to a moment of it. */
export function Bar({ player, clock, page = "stage" }: BarProps) {
  const { tape } = player;
  const now = player.now.value;
  return (
    <div class="bar">
      <TimeButtons moves={player} clock={clock}>
        <button type="button" onClick={() => void share(player, page)}>
          Copy link
        </button>
      </TimeButtons>
      <Scrubber
        now={now}
        from={player.beganAt}
        until={Math.max(tape.endMicros, now)}
        marks={player.notable}
        show={(micros) => {
          clock.pause();
          player.show(micros);
        }}
      />
      <p class="time">
        <output aria-label="Virtual time">{timeText(now)}</output>, event {player.event + 1} of {tape.events.length}
        {player.end !== undefined && <strong> — the world ends here: {player.end}</strong>}
      </p>
      <p class="quiet" role="status">
        {player.said.value}
      </p>
    </div>
  );
}

async function share(player: Player, page: string): Promise<void> {
  // Down to the µs that has begun: what comes within it has not happened yet.
  const at = Math.floor(player.now.value);
  const link = linkTo(shareMoment(player.run, at), page);
  if (link === undefined) {
    player.said.value = `This run is too long for a link: pass its file on, and say that you mean ${timeText(at)}.`;
    return;
  }
  const address = `${location.href.split("#")[0]}${link}`;
  history.replaceState(null, "", address);
  try {
    await navigator.clipboard.writeText(address);
    player.said.value = "The link to this moment is copied.";
  } catch {
    player.said.value = "The link to this moment is in the address bar.";
  }
}
