import { parseArgs } from "node:util";

export interface WatchLabOptions {
  readonly connections: number;
  readonly watchers: number;
  /** Keys that are put, per second. */
  readonly perSecond: number;
  readonly seconds: number;
  /** How many watch each key that is put, one phase after the other. */
  readonly fanOuts: readonly number[];
  readonly rounds: number;
  readonly jsonPath: string | undefined;
}

export const usage = `Usage: npm run watch-lab -- [--connections N] [--watchers N] [--puts N] [--seconds N] [--fan-out N,N] [--rounds N] [--json FILE]

Watches keys of three members of Quorate and of etcd in turn, from many connections to the leader, while keys are put at a steady
rate, and compares memory, processor time and latency. See docs/watch.md.

Options
  --connections N  connections, with one stream of watches each (default 1000)
  --watchers N     watches, over all connections (default 10000)
  --puts N         keys put per second, of 256 bytes (default 1000)
  --seconds N      how long each phase lasts (default 20)
  --fan-out N,N    how many watch each key that is put, phase by phase (default 1,10)
  --rounds N       rounds, in each of which both are measured (default 1)
  --json FILE      write the figures there too
  --help           this text

Exit code: 0 measured, 1 something failed, 2 called wrongly.`;

/** Called wrongly: the message says how. */
export class WrongUse extends Error {
  override readonly name = "WrongUse";
}

/** Undefined when help is asked for. Fails with `WrongUse`. */
export function parseOptions(args: readonly string[]): WatchLabOptions | undefined {
  const text = { type: "string" } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        connections: text,
        watchers: text,
        puts: text,
        seconds: text,
        "fan-out": text,
        rounds: text,
        json: text,
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    throw new WrongUse(error instanceof Error ? error.message : String(error));
  }
  if (values.help === true) return undefined;
  return {
    connections: wholeNumber("connections", values.connections ?? "1000", 5000),
    watchers: wholeNumber("watchers", values.watchers ?? "10000", 1_000_000),
    perSecond: wholeNumber("puts", values.puts ?? "1000", 100_000),
    seconds: wholeNumber("seconds", values.seconds ?? "20", 3600),
    fanOuts: (values["fan-out"] ?? "1,10").split(",").map((one) => wholeNumber("fan-out", one, 10_000)),
    rounds: wholeNumber("rounds", values.rounds ?? "1", 100),
    jsonPath: values.json,
  };
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new WrongUse(`--${name} takes a whole number from 1 to ${most}, not "${text}"`);
}
