import { parseArgs } from "node:util";

/** What was asked for. */
export interface TransferOptions {
  readonly gigabytes: number;
  readonly valueBytes: number;
  readonly electionTimeoutMs: number;
  readonly writesPerSecond: number;
  readonly absenceSeconds: number;
  readonly rateMegabytes: number;
  readonly interrupt: boolean;
  readonly jsonPath: string | undefined;
  readonly keep: boolean;
}

export const usage = `Usage: npm run transfer-lab -- [--gigabytes N] [--value-bytes N] [--election-timeout MS] [--writes N]
                               [--absence SECONDS] [--rate MB] [--no-interrupt] [--json FILE] [--keep]

Fills a real member with a state, sends it to a second, a third and, measured, a fourth while writes go on (killing that
once on the way), then takes it away for a while, changes one percent of the keys, and lets it come back behind a pruned log. See docs/membership-lab.md.

Options
  --gigabytes N          size of the state (default 0.5; fractions are allowed)
  --value-bytes N        size of a value (default 32768)
  --election-timeout MS  T (default 1000)
  --writes N             writes per second while it goes on, of values of 4 KiB (default 50)
  --absence SECONDS      how long the member is away (default 60)
  --rate MB              megabytes of state per second that a member sends at most (default 128)
  --no-interrupt         do not kill the receiving member on the way
  --json FILE            write the report there too
  --keep                 keep the data folders
  --help                 this text

Exit code: 0 everything held, 1 a finding, 2 called wrongly.`;

/** Called wrongly: the message says how. */
export class WrongUse extends Error {
  override readonly name = "WrongUse";
}

/** Undefined when help is asked for. Fails with `WrongUse`. */
export function parseOptions(args: readonly string[]): TransferOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  return {
    gigabytes: number("gigabytes", values.gigabytes ?? "0.5", 0.01, 1000),
    valueBytes: number("value-bytes", values["value-bytes"] ?? "32768", 16, 1_048_576),
    electionTimeoutMs: number("election-timeout", values["election-timeout"] ?? "1000", 100, 50_000),
    writesPerSecond: number("writes", values.writes ?? "50", 1, 10_000),
    absenceSeconds: number("absence", values.absence ?? "60", 1, 3600),
    rateMegabytes: number("rate", values.rate ?? "128", 0.1, 10_000),
    interrupt: values["no-interrupt"] !== true,
    jsonPath: values.json,
    keep: values.keep === true,
  };
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const options = {
    gigabytes: text,
    "value-bytes": text,
    "election-timeout": text,
    writes: text,
    absence: text,
    rate: text,
    "no-interrupt": flag,
    json: text,
    keep: flag,
    help: flag,
  };
  try {
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
