import type { Tape, TapePacket } from "../world/tape.ts";

/** A message on its way at some moment. */
export interface InFlight {
  readonly packet: TapePacket;
  readonly place: number;
  /** From 0, where it was sent, to 1, where it arrives; a lost one gets as far as the middle. */
  readonly progress: number;
}

/** Lost messages are shown for so long, in µs, on the first half of their way. */
const lostMicros = 20_000;
/** Nothing is shown that is under way for longer. */
export const longestMicros = 5_000_000;
const mostShown = 400;

/** Everything on its way at this moment, the newest last. */
export function inFlight(tape: Tape, micros: number): readonly InFlight[] {
  const { packets } = tape;
  const found: InFlight[] = [];
  for (let place = lastSentBy(packets, micros); place >= 0 && found.length < mostShown; place--) {
    const packet = packets[place] as TapePacket;
    const { sentAt, arrivesAt } = packet;
    if (micros - sentAt > longestMicros) break;
    const passed = micros - sentAt;
    if (arrivesAt === undefined) {
      if (passed < lostMicros) found.push({ packet, place, progress: (passed / lostMicros) * 0.5 });
    } else if (arrivesAt > micros) {
      found.push({ packet, place, progress: passed / Math.max(1, arrivesAt - sentAt) });
    }
  }
  return found.reverse();
}

/** The place of the last message that was sent by this time, in µs; -1 before the first. */
export function lastSentBy(packets: readonly TapePacket[], micros: number): number {
  let [low, high] = [-1, packets.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((packets[middle] as TapePacket).sentAt <= micros) low = middle;
    else high = middle - 1;
  }
  return low;
}
