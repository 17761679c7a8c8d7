import { describeAction } from "./describe-action.ts";
import type { LabAction } from "./lab-action.ts";
import type { Hand } from "./perform-action.ts";
import type { Recording } from "./recording.ts";

/** Does what the reader wants, and writes it down. What it does is seen at once: it belongs to the same event. */
export function performNoted(hand: Hand, recording: Recording, action: LabAction): void {
  let why: string | undefined;
  try {
    why = hand.perform(action);
  } finally {
    const text = describeAction(action);
    recording.acted(why === undefined ? text : `${text}; nothing comes of it: ${why}`);
  }
}
