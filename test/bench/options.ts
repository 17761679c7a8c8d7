import { parseArgs } from "node:util";
import type { GeneratorName } from "./load.ts";
import type { Operation } from "./operations.ts";
import { operations } from "./operations.ts";

/** Whom the clients ask. */
export type Target = "leader" | "follower" | "all";

export interface BenchOptions {
  readonly operations: readonly Operation[];
  /** Requests in flight, one measurement each. */
  readonly inFlight: readonly number[];
  readonly to: Target;
  /** Undefined: h2load where every request is the same, else our own. */
  readonly generator: GeneratorName | undefined;
  readonly rounds: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly jsonPath: string | undefined;
  readonly updateDocs: boolean;
  readonly profile: ProfileOptions | undefined;
  /** Where the time of single puts goes, instead of the table. */
  readonly trace: boolean;
}

export interface ProfileOptions {
  /** Which member is looked at. */
  readonly of: "leader" | "follower";
  readonly intervalMicros: number;
  /** Also with Linux's perf. */
  readonly perf: boolean;
  /** Where the profiles are written; undefined for a new temporary folder. */
  readonly folder: string | undefined;
}

const ids = operations.map(({ id }) => id).join(", ");

export const usage = `Usage: npm run bench -- [options]

Three Quorate members and three etcd members on this machine, under the same load in turns; prints a table of ratios.
See docs/benchmarks.md.

Options
  --only IDS         operations, with commas between: ${ids}
  --in-flight N,...  requests in flight, 1 to 10000 (default 1,1000)
  --to WHOM          leader, follower or all (default leader)
  --generator NAME   h2load or frames, our own (default h2load, and frames where each request has its own key)
  --rounds N         how often each system is measured (default 6)
  --seconds N        of each measurement (default 5)
  --warm-up N        seconds before each measurement (default 1)
  --quick            the same as --rounds 2 --seconds 1
  --json FILE        write everything measured there
  --update-docs      write the table into docs/benchmarks.md
  --help             this text

Where one member's time goes, instead of the table (Quorate alone, one operation):
  --profile write    profiles the leader under puts to one key; read: under linearizable reads; or with --only
  --profile-of WHO   leader or follower (default leader)
  --interval MICROS  between samples (default 250)
  --perf             also records with Linux's perf (native code and the kernel too)
  --output FOLDER    where the profiles are written, for a browser's developer tools or \`perf report\`

Where the time of a single client's puts goes, instead of the table (both systems; needs Linux's perf and its tracepoints):
  --trace-latency    medians of each step, from the system calls of the members

Exit code: 0 measured, 1 failed, 2 called wrongly.`;

/** Called wrongly: the message says how. */
export class WrongUse extends Error {
  override readonly name = "WrongUse";
}

/** Undefined when help is asked for. Fails with `WrongUse`. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const values = parse(args);
  if (values.help === true) return undefined;
  const profile = values.profile === undefined ? undefined : oneOf("profile", values.profile, ["write", "read"]);
  const quick = values.quick === true;
  const trace = values["trace-latency"] === true;
  const only = values.only ?? (trace || profile === "write" ? "put" : profile === "read" ? "read" : ids);
  const options: BenchOptions = {
    operations: parts(only).map(operationOf),
    inFlight: parts(values["in-flight"] ?? (profile === undefined ? "1,1000" : "1000")).map((text) =>
      number("in-flight", text, 1, 10_000),
    ),
    to: oneOf("to", values.to ?? "leader", ["leader", "follower", "all"]),
    generator:
      values.generator === undefined
        ? undefined
        : oneOf<GeneratorName>("generator", values.generator, ["h2load", "frames"]),
    rounds: number("rounds", values.rounds ?? (quick ? "2" : "6"), 1, 1000),
    seconds: number("seconds", values.seconds ?? (quick ? "1" : "5"), 1, 600),
    warmUpSeconds: number("warm-up", values["warm-up"] ?? "1", 1, 60),
    jsonPath: values.json,
    updateDocs: values["update-docs"] === true,
    profile: profile === undefined ? undefined : profileOptions(values),
    trace,
  };
  if (profile !== undefined && (options.operations.length !== 1 || options.inFlight.length !== 1)) {
    throw new WrongUse("A profile is of one operation with one number in flight: give one to --only and --in-flight.");
  }
  if (trace && (options.operations.length !== 1 || options.operations[0]?.revisions !== 1)) {
    throw new WrongUse("Steps are traced of one operation that writes: --only put, say.");
  }
  if (options.generator === "h2load" && options.operations.some((operation) => operation.number !== undefined)) {
    throw new WrongUse("h2load sends the same key again and again: leave --generator away, or the operation.");
  }
  return options;
}

/** Which generator drives an operation. */
export function generatorFor(options: BenchOptions, operation: Operation): GeneratorName {
  return options.generator ?? (operation.number === undefined ? "h2load" : "frames");
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: text,
        "in-flight": text,
        to: text,
        generator: text,
        rounds: text,
        seconds: text,
        "warm-up": text,
        quick: flag,
        json: text,
        "update-docs": flag,
        profile: text,
        "profile-of": text,
        interval: text,
        perf: flag,
        output: text,
        "trace-latency": flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    throw new WrongUse((error as Error).message, { cause: error });
  }
}

function profileOptions(values: ReturnType<typeof parse>): ProfileOptions {
  return {
    of: oneOf("profile-of", values["profile-of"] ?? "leader", ["leader", "follower"]),
    intervalMicros: number("interval", values.interval ?? "250", 50, 100_000),
    perf: values.perf === true,
    folder: values.output,
  };
}

function parts(list: string): readonly string[] {
  return list.split(",").map((text) => text.trim());
}

function operationOf(id: string): Operation {
  const found = operations.find((operation) => operation.id === id);
  if (found === undefined) throw new WrongUse(`There is no operation "${id}": --only takes ${ids}.`);
  return found;
}

function oneOf<const T extends string>(name: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new WrongUse(`--${name} must be one of ${choices.join(", ")}, not "${text}".`);
  return found;
}

function number(name: string, text: string, lowest: number, highest: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= lowest && value <= highest) return value;
  throw new WrongUse(`--${name} must be a whole number from ${lowest} to ${highest}, not "${text}".`);
}
