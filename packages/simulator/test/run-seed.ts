/**
 * Runs one seed and prints what happened, one line per event:
 *
 *   node --conditions=@quorate/source packages/simulator/test/run-seed.ts core 353
 *   node --conditions=@quorate/source packages/simulator/test/run-seed.ts replica 46
 *
 * The exit status is 1 when a property fell.
 */
import { simulateCore, simulateReplicas } from "../src/index.ts";

const [kind, number] = process.argv.slice(2);
const seed = Number(number);
if ((kind !== "core" && kind !== "replica") || !Number.isSafeInteger(seed) || seed < 0) {
  console.error("usage: run-seed.ts core|replica SEED");
  process.exit(2);
}
const simulate = kind === "core" ? simulateCore : simulateReplicas;
const { events, virtualMs, hash, violation } = simulate({ seed, trace: (line) => console.log(line) });
console.log(`${events} events in ${virtualMs.toFixed(0)} ms of virtual time, history ${hash}`);
if (violation !== undefined) {
  console.log(violation.message);
  process.exitCode = 1;
}
