import { parseArgs } from "node:util";

/** What was asked for. */
export interface CrashOptions {
  readonly minutes: number;
  readonly seed: number;
  /** All clients together. */
  readonly operationsPerSecond: number;
  readonly checkpointMinutes: number;
  readonly jsonPath: string | undefined;
  readonly keep: boolean;
  /** Members change, instead of faults of every kind. */
  readonly members: boolean;
}

export const usage = `Usage: npm run crash -- [--minutes N] [--seed S] [--rate N] [--checkpoint MINUTES] [--json FILE] [--keep] [--members]

Three real members under load while faults of a seeded schedule strike them, then the checks. See docs/crash-lab.md.

Options
  --minutes N           how long faults strike (default 5; fractions are allowed)
  --seed S              of the schedule, a whole number (default: a random one, which is printed)
  --rate N              operations per second, all clients together (default 200)
  --checkpoint MINUTES  time between checks with everything healed (default 10)
  --json FILE           write the report there too
  --keep                keep the data folders and the history when nothing was found
  --members             change the members instead: 3 to 5 to 3, then all replaced one by one and at once, with kills in
                        between; rounds of that until the time is over
  --help                this text

Ctrl-C or SIGTERM ends the faults and goes on to the checks; a second one ends everything.
Exit code: 0 nothing was found, 1 a finding (data folders and history are kept), 2 called wrongly.`;

/** Called wrongly: the message says how. */
export class WrongUse extends Error {
  override readonly name = "WrongUse";
}

/** Undefined when help is asked for. Fails with `WrongUse`. */
export function parseOptions(args: readonly string[], randomSeed: () => number): CrashOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  return {
    minutes: number("minutes", values.minutes ?? "5", 0.05, 100_000),
    seed: whole("seed", values.seed ?? String(randomSeed())),
    operationsPerSecond: number("rate", values.rate ?? "200", 6, 20_000),
    checkpointMinutes: number("checkpoint", values.checkpoint ?? "10", 0.1, 100_000),
    jsonPath: values.json,
    keep: values.keep === true,
    members: values.members === true,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    const options = {
      minutes: text,
      seed: text,
      rate: text,
      checkpoint: text,
      json: text,
      keep: flag,
      members: flag,
      help: flag,
    };
    return parseArgs({ args: [...args], options }).values;
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}

function number(name: string, text: string, lowest: number, highest: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= lowest && value <= highest) return value;
  throw new WrongUse(`--${name} must be a number from ${lowest} to ${highest}, not "${text}".`);
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new WrongUse(`--${name} must be a whole number from 0 to 2^53 - 1, not "${text}".`);
}
