import type { PeerId } from "@quorate/transport";
import type { PlantedBug } from "./planted-bug.ts";

/** After so many messages the broken lane takes no more, and does not say so. */
const messagesUntilStuck = 100;

/** Larger than any message in a simulation. */
const bufferBytes = 256 * 1024;

/** What becomes of messages between members. */
export const transportBugs: readonly PlantedBug[] = [
  {
    name: "a lane that was full once stays full, and says that it took what it drops",
    breaks: "transport",
    world: "replica",
    member: {
      network: (network) => {
        const sent = new Map<PeerId, number>();
        return {
          send: (to, lane, chunks, checkedChunks) => {
            if (lane === "control") return network.send(to, lane, chunks, checkedChunks);
            const before = sent.get(to) ?? 0;
            sent.set(to, before + 1);
            return before >= messagesUntilStuck || network.send(to, lane, chunks, checkedChunks);
          },
          setPeers: (peers) => network.setPeers(peers),
          roundTripMs: (peer) => network.roundTripMs(peer),
          close: (done) => network.close(done),
        };
      },
    },
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "the buffer of a message is used again for the next one",
    breaks: "transport",
    world: "replica",
    member: {
      events: (events) => {
        const buffer = new Uint8Array(bufferBytes);
        return {
          ...events,
          message: (from, incarnation, bytes) => {
            buffer.set(bytes);
            events.message(from, incarnation, buffer.subarray(0, bytes.length));
          },
        };
      },
    },
    caughtBy: ["clients", "log matching", "durable log", "state machine safety", "member", "invariant"],
    seeds: 20,
  },
];
