import type { Tuned } from "../tuning/tuning.ts";
import {
  LabActionError,
  maxActions,
  maxMembers,
  readTimedAction,
  timingBounds,
  type TimedAction,
} from "./lab-action.ts";

/** Everything that decides what happens in a world: the same run is the same history, on every machine. */
export interface LabRun {
  readonly seed: number;
  readonly setup: FreeSetup | ScenarioSetup | SimulatedSetup;
  /** In the order of time. */
  readonly actions: readonly TimedAction[];
}

/** Members without a course of events: whatever the reader does. */
export interface FreeSetup {
  readonly kind: "free";
  /** Voters at first, 1 to 9 with the spares. */
  readonly members: number;
  /** Members more, in no configuration at first. */
  readonly spares: number;
  readonly electionTimeoutMs: number;
  /** One way, in ms. */
  readonly delayMs: number;
  /** By how much two clocks may differ, as the configuration says, in parts per million; the core's default unless given. */
  readonly clockDriftPpm?: number | undefined;
  /** What share of their window election timers are drawn from, from 0 to 1; 1 unless given. */
  readonly timerSpread?: number | undefined;
  /** Names of rules that are broken, as in `brokenRules`. */
  readonly broken: readonly string[];
}

/** One of the simulator's directed scenarios, with its rules or with one of its broken variants. */
export interface ScenarioSetup {
  readonly kind: "scenario";
  readonly name: string;
  /** 0 for the real rules, 1 for the first broken variant, and so on. */
  readonly broken: number;
  /** When the reader took over, in µs; the scenario goes to its end where nobody did. */
  readonly leftAt: number | undefined;
  /** What of the scenario is set otherwise, by the names of its tunings (`tuning/library.ts`); nothing where it is absent. */
  readonly tuned?: Tuned;
}

/** A run of the simulator, as `quorate sim` runs it: what a seed draws, or what the file of a failing run says. */
export interface SimulatedSetup {
  readonly kind: "simulated";
  /** Cores on modelled logs, or whole members. */
  readonly world: "core" | "replica";
  /** The planted bug, by its name; undefined for the code that ships, and where a file says it. */
  readonly bug: string | undefined;
  /** The text of the file; undefined for what the seed of the run draws. */
  readonly file: string | undefined;
  /** When the reader took over, in µs; the run goes to its end where nobody did. */
  readonly leftAt: number | undefined;
}

/** The most characters of a run's file. */
export const longestRunFile = 4_000_000;

/** Checks what a link says. @throws LabActionError */
export function readLabRun(value: unknown): LabRun {
  if (typeof value !== "object" || value === null) throw new LabActionError("this is no run");
  const { seed, setup, actions } = value as Readonly<Record<string, unknown>>;
  const read = readSetup(setup);
  // The simulator counts further than the lab's own worlds, and from 0.
  const [least, most] = read.kind === "simulated" ? [0, Number.MAX_SAFE_INTEGER] : [1, 2 ** 31];
  if (typeof seed !== "number" || !Number.isInteger(seed) || seed < least || seed > most) {
    throw new LabActionError(`${String(seed)} is no seed: seeds are whole numbers from ${least} to ${most}`);
  }
  if (!Array.isArray(actions) || actions.length > maxActions) {
    throw new LabActionError(`a run has a list of at most ${maxActions} actions`);
  }
  const timed = actions.map(readTimedAction);
  if (timed.some(({ at }, index) => at < (timed[index - 1]?.at ?? 0))) {
    throw new LabActionError("the actions are not in the order of time");
  }
  return { seed, setup: read, actions: timed };
}

function readSetup(value: unknown): LabRun["setup"] {
  if (typeof value !== "object" || value === null) throw new LabActionError("the run has no setup");
  const given = value as Readonly<Record<string, unknown>>;
  if (given["kind"] === "scenario") {
    const { name, broken, leftAt, tuned } = given;
    if (typeof name !== "string") throw new LabActionError("the scenario has no name");
    return {
      kind: "scenario",
      name,
      broken: wholeOf(broken, 0, 20, "broken"),
      leftAt: leftAt === undefined ? undefined : numberOf(leftAt, 0, 3.6e9, "leftAt"),
      ...(tuned === undefined ? {} : { tuned: tunedOf(tuned) }),
    };
  }
  if (given["kind"] === "simulated") return readSimulated(given);
  if (given["kind"] !== "free") throw new LabActionError(`there is no setup "${String(given["kind"])}"`);
  const { members, spares, electionTimeoutMs, delayMs, clockDriftPpm, timerSpread, broken } = given;
  if (!Array.isArray(broken) || !broken.every((name) => typeof name === "string") || broken.length > 20) {
    throw new LabActionError('"broken" is no list of rules');
  }
  const voters = wholeOf(members, 1, maxMembers, "members");
  return {
    kind: "free",
    members: voters,
    spares: wholeOf(spares, 0, maxMembers - voters, "spares"),
    electionTimeoutMs: numberOf(electionTimeoutMs, timingBounds.leastMs, timingBounds.mostMs, "electionTimeoutMs"),
    delayMs: numberOf(delayMs, 0, 1000, "delayMs"),
    ...(clockDriftPpm === undefined
      ? {}
      : { clockDriftPpm: wholeOf(clockDriftPpm, 0, timingBounds.mostDriftPpm, "clockDriftPpm") }),
    ...(timerSpread === undefined ? {} : { timerSpread: numberOf(timerSpread, 0, 1, "timerSpread") }),
    broken,
  };
}

function readSimulated({ world, bug, file, leftAt }: Readonly<Record<string, unknown>>): SimulatedSetup {
  if (world !== "core" && world !== "replica")
    throw new LabActionError(`"${String(world)}" is no world of the simulator`);
  if (bug !== undefined && typeof bug !== "string") throw new LabActionError('"bug" is no name');
  if (file !== undefined && (typeof file !== "string" || file.length > longestRunFile)) {
    throw new LabActionError("the file of the run is none, or too long");
  }
  return {
    kind: "simulated",
    world,
    bug,
    file,
    leftAt: leftAt === undefined ? undefined : numberOf(leftAt, 0, 3.6e9, "leftAt"),
  };
}

/** Which names there are, and how much of what, a scenario knows. */
function tunedOf(value: unknown): Tuned {
  const entries = typeof value === "object" && value !== null ? Object.entries(value) : [];
  if (entries.length > 10 || !entries.every((entry): entry is [string, number] => typeof entry[1] === "number")) {
    throw new LabActionError('"tuned" is no list of names and numbers');
  }
  return Object.fromEntries(entries);
}

function wholeOf(value: unknown, least: number, most: number, name: string): number {
  const number = numberOf(value, least, most, name);
  if (Number.isInteger(number)) return number;
  throw new LabActionError(`"${name}" is ${number}, and no whole number`);
}

function numberOf(value: unknown, least: number, most: number, name: string): number {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new LabActionError(`"${name}" is ${String(value)}, and no number from ${least} to ${most}`);
}
