/** The counter in a world where everything fails: `npx node simulation.ts`, or one seed with its trace: `... simulation.ts 17`. */
import { rejected, simulate, type Service } from "@quorate/simulator";
import { Counter, toBytes, type Increment } from "./counter-state.ts";

type Operation = "read" | Increment;

export const service: Service<Counter, Operation, number, readonly string[]> = {
  name: "counter",
  machine: () => new Counter(),
  workload: {
    draw: (random, { client, number }) => (random.chance(0.3) ? "read" : { client: `c${client}`, request: number }),
    command: (operation) => (operation === "read" ? undefined : toBytes(operation)),
    read: (counter) => counter.value,
  },
  // What one client alone would see: requests are counted in some order, each of them once; or too late, which gives 0.
  model: {
    name: "counter",
    init: () => [],
    step(counted, operation, answer) {
      if (operation !== "read" && answer === 0) return counted;
      const id = JSON.stringify(operation);
      const after = operation === "read" || counted.includes(id) ? counted : [...counted, id];
      const expected = operation === "read" ? after.length : after.indexOf(id) + 1;
      return answer === undefined || answer === expected ? after : rejected;
    },
    identity: { text: (counted) => counted.join() },
  },
  sometimes: { "counted to a hundred": (counter) => counter.value >= 100 },
};

if (process.argv[1] === import.meta.filename) {
  const seed = process.argv[2];
  const one = seed === undefined ? {} : { from: Number(seed), seeds: 1, trace: console.log };
  const report = simulate({ ...service, seeds: 200, command: "npx node simulation.ts SEED", ...one });
  console.log(report.text);
  process.exitCode = report.failure === undefined ? 0 : 1;
}
