import type { PeerNetwork } from "@quorate/transport";
import type { PlantedBug } from "./planted-bug.ts";
import { aroundReplica } from "./around.ts";
import { withOperatedMembers, without } from "./conditions.ts";
import { newVotersAlone } from "./membership-bugs.ts";

/** Whole members that join, leave, are promoted and replaced. */
export const memberChangeBugs: readonly PlantedBug[] = [
  {
    name: "several voters change in one phase, of whole members",
    breaks: "needsJoint",
    world: "replica",
    rules: without({ needsJoint: () => false }),
    adjust: withOperatedMembers,
    caughtBy: ["configuration safety"],
    seeds: 20,
  },
  {
    name: "the new voters alone decide while the configuration of whole members is joint",
    breaks: "decided",
    world: "replica",
    rules: newVotersAlone,
    adjust: withOperatedMembers,
    caughtBy: ["quorum durability", "supported elections"],
    seeds: 50,
  },
  {
    name: "a configuration stays in force in a whole member when its entry is cut off",
    breaks: "staysInForce",
    world: "replica",
    rules: without({ staysInForce: () => true }),
    adjust: withOperatedMembers,
    caughtBy: ["configuration safety", "invariant"],
    seeds: 100,
  },
  {
    name: "a whole member goes on dialing those that it began with, and nobody else",
    breaks: "replica",
    world: "replica",
    member: { network: dialingTheFirst },
    adjust: withOperatedMembers,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "nobody is let in whom a whole member does not know",
    breaks: "transport",
    world: "replica",
    member: { events: (events) => ({ ...events, admits: () => false }) },
    adjust: withOperatedMembers,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "an operation on members that came to nothing is never answered",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        administer: (operation, outcome) =>
          replica.administer(operation, (error, configuration) => {
            if (error?.code !== "leader-changed" && error?.code !== "timeout") outcome(error, configuration);
          }),
      })),
    },
    adjust: withOperatedMembers,
    stalls: true,
    caughtBy: ["definite answers"],
    seeds: 100,
  },
];

/** Whoever joins later is not dialed, and whoever leaves still is. */
function dialingTheFirst(network: PeerNetwork): PeerNetwork {
  let isDeclared = false;
  return {
    send: (to, lane, chunks, checked) => network.send(to, lane, chunks, checked),
    setPeers: (peers) => {
      if (!isDeclared) network.setPeers(peers);
      isDeclared = true;
    },
    roundTripMs: (peer) => network.roundTripMs(peer),
    close: (done) => network.close(done),
  };
}
