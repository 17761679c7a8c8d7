import { ReplicaError } from "@quorate/replica";
import type { Outcome } from "@quorate/replica";
import { aroundReplica } from "./around.ts";
import { withPartitions } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What members tell those who asked them. */
export const clientBugs: readonly PlantedBug[] = [
  {
    name: "a proposal that another leader replaced is never answered",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        propose: (command, outcome) =>
          replica.propose(command, (error, value) => {
            if (error?.code !== "leader-changed") outcome(error, value);
          }),
      })),
    },
    adjust: withPartitions,
    stalls: true,
    caughtBy: ["definite answers"],
    seeds: 50,
  },
  {
    name: "a read that is refused is answered a second time",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        readBarrier: (outcome) =>
          replica.readBarrier((error, index) => {
            outcome(error, index);
            if (error !== undefined) outcome(error, index);
          }),
      })),
    },
    adjust: withPartitions,
    caughtBy: ["definite answers"],
    seeds: 20,
  },
  {
    name: "an outcome that nobody knows is told as a refusal",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        propose: (command, outcome) => replica.propose(command, asRefusal(outcome)),
      })),
    },
    adjust: withPartitions,
    stalls: true,
    caughtBy: ["clients"],
    seeds: 100,
  },
  {
    name: "a command whose answer was lost is sent again",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        propose: (command, outcome) =>
          replica.propose(command, (error, value) => {
            const isLost = error?.code === "outcome-unknown" || error?.code === "timeout";
            if (isLost) replica.propose(command, outcome);
            else outcome(error, value);
          }),
      })),
    },
    adjust: withPartitions,
    stalls: true,
    caughtBy: ["clients"],
    seeds: 100,
  },
  {
    name: "a proposal is answered with the result of the one before it",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        propose: (command, outcome) => replica.propose(command, (error, value) => outcome(error, value - 1)),
      })),
    },
    caughtBy: ["clients"],
    seeds: 5,
  },
  {
    name: "a read waits for nobody",
    breaks: "replica",
    world: "replica",
    member: {
      replica: aroundReplica((replica) => ({
        readBarrier: (outcome) => outcome(undefined, replica.status.appliedIndex),
      })),
    },
    caughtBy: ["read freshness", "linearizability"],
    seeds: 20,
  },
];

function asRefusal(outcome: Outcome<number>): Outcome<number> {
  return (error, value) => {
    const isUnknown = error?.code === "outcome-unknown" || error?.code === "timeout";
    outcome(isUnknown ? new ReplicaError("leader-changed", error.message, { cause: error }) : error, value);
  };
}
