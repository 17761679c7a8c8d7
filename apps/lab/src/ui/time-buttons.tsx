import type { ComponentChildren } from "preact";
import { speeds, type PlayClock } from "./clock.ts";
import { Icon } from "./icon.tsx";
import type { Movable } from "./keys.ts";

interface TimeButtonsProps {
  readonly moves: Movable;
  readonly clock: PlayClock;
  readonly children?: ComponentChildren;
}

/** Play, stop, and step in both directions: one world, or two together. */
export function TimeButtons({ moves, clock, children }: TimeButtonsProps) {
  const still = (act: () => void) => () => {
    clock.pause();
    act();
  };
  const isPlaying = clock.isPlaying.value;
  return (
    <div class="buttons" role="group" aria-label="Time">
      <button type="button" onClick={still(() => moves.skip(-1))} aria-label="Back to what is worth seeing (P)">
        <Icon name="first" />
      </button>
      <button type="button" onClick={still(() => moves.step(-1))} aria-label="One event back (left arrow)">
        <Icon name="back" />
      </button>
      <button
        type="button"
        class="play"
        onClick={() => clock.toggle()}
        aria-label={isPlaying ? "Pause (space)" : "Play (space)"}
      >
        <Icon name={isPlaying ? "pause" : "play"} />
      </button>
      <button type="button" onClick={still(() => moves.step(1))} aria-label="One event on (right arrow)">
        <Icon name="on" />
      </button>
      <button type="button" onClick={still(() => moves.skip(1))} aria-label="On to what is worth seeing (N)">
        <Icon name="last" />
      </button>
      <SpeedChoice clock={clock} />
      {children}
    </div>
  );
}

function SpeedChoice({ clock }: { readonly clock: PlayClock }) {
  return (
    <label class="speed">
      Speed{" "}
      <select
        value={String(clock.speed.value)}
        onChange={(event) => {
          clock.speed.value = Number(event.currentTarget.value);
        }}
      >
        {speeds.map((speed) => (
          <option key={speed} value={String(speed)}>
            {speed < 1 ? `1/${Math.round(1 / speed)}` : `${speed}×`}
          </option>
        ))}
      </select>
    </label>
  );
}
