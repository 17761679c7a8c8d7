import type { Violation } from "../simulation.ts";
import type { SwarmOptions } from "../swarm.ts";
import { crashKinds } from "../drive.ts";
import { callArguments } from "./external-event.ts";
import type { ArgumentKind, ExternalCall } from "./external-event.ts";
import { worldKinds } from "./run-plan.ts";
import type { RunPlan } from "./run-plan.ts";

/** What such a file calls itself, and the newest form of it that this code knows. */
const formatName = "quorate-run";
const formatVersion = 1;

/** What one proposal may hold, at most: a file is data, and a wrong one must not take all memory. */
const mostCommands = 10_000;
const mostCommandBytes = 1_000_000;

/**
 * What a run had before these parts of a swarm existed: a new part is added here in the form in which nothing comes of it,
 * and files of before it go on meaning the same.
 */
const laterFields: Pick<SwarmOptions, "leftBehind" | "carrier" | "registers"> = {
  leftBehind: [],
  carrier: "messages",
  registers: { processes: 0, keys: 1, everyMs: 1, giveUpMs: 1, again: 0 },
};

/** A failing run, whole: it runs again from this and the code alone. */
export interface RunFile extends RunPlan {
  /** The version of Quorate that wrote it, and the commit where that is known. */
  readonly quorate: { readonly version: string; readonly commit?: string };
  readonly violation: Violation;
  /** Of the whole history, and how many events it had. */
  readonly hash: string;
  readonly executed: number;
}

/** A file is not what this code wrote. The message says what is wrong with it. */
export class RunFileError extends Error {
  override readonly name = "RunFileError";
}

/** One event per line, so that two schedules can be compared with `diff`. */
export function formatRunFile(file: RunFile): string {
  const { events, ...rest } = file;
  const head = JSON.stringify({ format: formatName, formatVersion, ...rest }, finite, 2);
  const lines = events.map((event) => `    ${JSON.stringify(event, finite)}`);
  return `${head.slice(0, -2)},\n  "events": [\n${lines.join(",\n")}\n  ]\n}\n`;
}

/** Reads what `formatRunFile` wrote. @throws RunFileError */
export function parseRunFile(text: string): RunFile {
  let value: unknown;
  try {
    value = JSON.parse(text, infinite);
  } catch (error) {
    throw new RunFileError(`This is not JSON: ${(error as Error).message}`);
  }
  if (!isObject(value) || value["format"] !== formatName) {
    throw new RunFileError(`This is not a run of the simulator: "format" is not "${formatName}".`);
  }
  if (value["formatVersion"] !== formatVersion) {
    throw new RunFileError(
      `The file has version ${String(value["formatVersion"])} of the format; this Quorate reads version ${formatVersion}.`,
    );
  }
  const { format: _, formatVersion: __, ...file } = value;
  check(
    worldKinds.some((kind) => kind === file["world"]),
    `"world" must be one of ${worldKinds.join(", ")}.`,
  );
  check(Number.isSafeInteger(file["seed"]) && (file["seed"] as number) >= 0, `"seed" must be a whole number from 0.`);
  check(typeof file["safetyOnly"] === "boolean", `"safetyOnly" must be true or false.`);
  check(file["bug"] === undefined || typeof file["bug"] === "string", `"bug" must be the name of a planted bug.`);
  check(
    file["service"] === undefined || typeof file["service"] === "string",
    `"service" must be the name of a service.`,
  );
  check(
    isSwarm(file["swarm"]),
    `"swarm" lacks members, timing, link, disk, clockRates or durationMs, or names clocks that are none.`,
  );
  check(isObject(file["violation"]) && typeof file["violation"]["property"] === "string", `"violation" is missing.`);
  check(typeof file["hash"] === "string", `"hash" is missing.`);
  const members = membersOf(file["swarm"] as SwarmShape);
  const { events } = file;
  if (!Array.isArray(events)) throw new RunFileError(`"events" must be a list.`);
  for (const [at, event] of events.entries()) {
    check(isEvent(event, members), `Event ${at} is none: ${JSON.stringify(event).slice(0, 200)}`);
  }
  const swarm = { ...laterFields, ...(file["swarm"] as object) };
  return { ...file, swarm } as unknown as RunFile;
}

function check(holds: boolean, otherwise: string): void {
  if (!holds) throw new RunFileError(otherwise);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The part of a swarm that says who is there. */
interface SwarmShape {
  readonly clockRates: readonly unknown[];
  readonly operators?: { readonly spareClockRates: readonly unknown[] };
}

/** Members of the cluster, and those that may join it later: ids count through both. */
function membersOf({ clockRates, operators }: SwarmShape): number {
  return clockRates.length + (operators?.spareClockRates.length ?? 0);
}

function isSwarm(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { clockRates, members, durationMs, timing, link, disk, limits, leftBehind, operators } = value;
  return (
    areRates(clockRates) &&
    clockRates.length > 0 &&
    members === clockRates.length &&
    typeof durationMs === "number" &&
    (leftBehind === undefined || Array.isArray(leftBehind)) &&
    (operators === undefined || (isObject(operators) && areRates(operators["spareClockRates"]))) &&
    [timing, link, disk, limits].every(isObject)
  );
}

function areRates(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 64 && value.every((rate) => typeof rate === "number" && rate > 0);
}

function isEvent(value: unknown, members: number): boolean {
  if (!isObject(value) || typeof value["id"] !== "string" || !Array.isArray(value["calls"])) return false;
  const { atMicros, calls } = value;
  if (typeof atMicros !== "number" || !(atMicros >= 0)) return false;
  return calls.every((call: unknown) => isObject(call) && isCall(call["do"], call["with"], members));
}

function isCall(name: unknown, args: unknown, members: number): boolean {
  if (typeof name !== "string" || !Object.hasOwn(callArguments, name) || !Array.isArray(args)) return false;
  const wanted = callArguments[name as ExternalCall["do"]];
  if (args.length > wanted.length) return false;
  return wanted.every((kind, at) => isArgument(kind, args[at], members));
}

function isArgument(kind: ArgumentKind, value: unknown, members: number): boolean {
  switch (kind) {
    case "member":
      return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= members;
    case "number":
      return typeof value === "number" && !Number.isNaN(value);
    case "numbers":
      return Array.isArray(value) && value.every((each) => Number.isInteger(each));
    case "sizes":
      return Array.isArray(value) && value.length <= mostCommands && value.every(isSize);
    case "settings":
      return isObject(value);
    case "crash kind":
      return value === undefined || crashKinds.some((kind) => kind === value);
  }
}

function isSize(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 4 && (value as number) <= mostCommandBytes;
}

/** JSON has no infinity. */
function finite(_: string, value: unknown): unknown {
  return value === Number.POSITIVE_INFINITY ? "Infinity" : value;
}

function infinite(_: string, value: unknown): unknown {
  return value === "Infinity" ? Number.POSITIVE_INFINITY : value;
}
