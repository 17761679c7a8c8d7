import { readU32, writeU32 } from "@quorate/raft";
import { decodeRegisterCommand, encodeRegisterCommand } from "../replica/register-commands.ts";
import { aroundState } from "./around.ts";
import { withPartitions, withRegisters, without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What state machines and their checkpoints make of the commands, and what clients see of it. */
export const stateBugs: readonly PlantedBug[] = [
  {
    name: "one member's state machine makes something else of a command",
    breaks: "state machine",
    world: "replica",
    member: { stateBug: (member, number) => (member === 2 && number % 50 === 0 ? number + 1 : number) },
    caughtBy: ["state agreement"],
    seeds: 5,
  },
  {
    name: "a checkpoint keeps one byte of each number",
    breaks: "state machine",
    world: "replica",
    member: {
      state: aroundState((state) => ({ snapshot: () => withNumbers(state.snapshot(), (number) => number & 0xff) })),
    },
    stalls: true,
    caughtBy: ["clients"],
    seeds: 50,
  },
  {
    name: "numbers are read from a checkpoint in another order of bytes than they were written",
    breaks: "state machine",
    world: "replica",
    member: { state: aroundState((state) => ({ restore: (bytes) => state.restore(withNumbers(bytes, swapped)) })) },
    stalls: true,
    caughtBy: ["clients"],
    seeds: 50,
  },
  {
    name: "a compare-and-set does not compare, on any member",
    breaks: "state machine",
    world: "replica",
    member: { state: aroundState((state) => ({ apply: (command) => state.apply(asWrite(command)) })) },
    adjust: withRegisters,
    caughtBy: ["linearizability"],
    seeds: 20,
  },
  {
    name: "reads do not ask a quorum, where only clients of registers read",
    breaks: "mayServeRead",
    world: "replica",
    rules: without({ mayServeRead: () => true }),
    adjust: (swarm) => {
      const quiet = withRegisters(withPartitions(swarm));
      return { ...quiet, load: { ...quiet.load, readEveryMs: quiet.durationMs } };
    },
    caughtBy: ["linearizability", "read freshness"],
    seeds: 300,
  },
];

/** A compare-and-set as a plain write of the same value. */
function asWrite(command: Uint8Array): Uint8Array {
  const change = decodeRegisterCommand(command);
  if (change?.from === undefined) return command;
  const write = encodeRegisterCommand(0, change.key, { kind: "write", value: change.value });
  write.set(command.subarray(0, 4));
  return write;
}

/** Bytes 0 to 4 are the hash, 4 to 8 say how many registers follow, of 8 bytes each; then come the numbers. */
function withNumbers(snapshot: Uint8Array, change: (number: number) => number): Uint8Array {
  const changed = snapshot.slice();
  for (let at = 8 + 8 * readU32(changed, 4); at < changed.length; at += 4) {
    writeU32(changed, at, change(readU32(changed, at)));
  }
  return changed;
}

function swapped(number: number): number {
  return ((number >>> 24) | ((number >>> 8) & 0xff00) | ((number & 0xff00) << 8) | (number << 24)) >>> 0;
}
