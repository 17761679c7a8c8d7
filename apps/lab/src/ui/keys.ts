import type { PlayClock } from "./clock.ts";

/** What keys move: one world, or two together. */
export interface Movable {
  step(by: 1 | -1): void;
  skip(by: 1 | -1): void;
}

/** Space, arrows, N and P, plus and minus; not while something is typed or a control has its own keys. */
export function handleKey(event: KeyboardEvent, player: Movable, clock: PlayClock): void {
  const { target } = event;
  const isTyping = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  // A slider has arrows of its own, and no use for the other keys: who has dragged it can go on playing.
  const isOnSlider = target instanceof HTMLInputElement && target.type === "range" && !event.key.startsWith("Arrow");
  if ((isTyping && !isOnSlider) || event.altKey || event.ctrlKey || event.metaKey) return;
  const isOnButton = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
  switch (event.key) {
    case " ":
      if (isOnButton) return;
      clock.toggle();
      break;
    case "ArrowRight":
      clock.pause();
      player.step(1);
      break;
    case "ArrowLeft":
      clock.pause();
      player.step(-1);
      break;
    case "n":
    case "N":
      clock.pause();
      player.skip(1);
      break;
    case "p":
    case "P":
      clock.pause();
      player.skip(-1);
      break;
    case "+":
      clock.faster(1);
      break;
    case "-":
      clock.faster(-1);
      break;
    default:
      return;
  }
  event.preventDefault();
}
