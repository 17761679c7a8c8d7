import type { Note } from "../note.ts";

/** A note, and whom it is of, by names that people know. */
export interface Event extends Note {
  readonly who: string;
  readonly peerName: string | undefined;
}
