import {
  describeEvent,
  describeViolation,
  parseRunFile,
  RunFileError,
  type ExternalEvent,
  type RunFile,
  type SimulationResult,
} from "@quorate/simulator";
import { LabActionError } from "../world/lab-action.ts";
import type { LabRun, SimulatedSetup } from "../world/lab-run.ts";
import type { SimulatedWorld } from "../world/simulated-world.ts";

/** What a run of the simulator came to here, in words, beside what its file says of it. */
export interface RunReport {
  /** Who ran, and with which bug. */
  readonly who: string;
  /** What fell, and what that property says; empty where nothing did. */
  readonly fell: readonly string[];
  /** Whether it is the run that the file is of. */
  readonly verdict: RunVerdict;
  /** Of the whole history. */
  readonly hash: string;
  readonly events: number;
  /** What the outside did: faults, and what clients and operators asked for. */
  readonly outside: readonly { readonly atMicros: number; readonly text: string }[];
  /** How many of them are left out of the list. */
  readonly moreOutside: number;
  /** Where members are more than their cores. */
  readonly isOfWholeMembers: boolean;
}

export type RunVerdict =
  | { readonly kind: "no file" }
  /** The file's own history, to the last event. */
  | { readonly kind: "same" }
  /** The same property fell, in another history. */
  | { readonly kind: "another history"; readonly file: RunFile }
  | { readonly kind: "did not fall"; readonly file: RunFile }
  /** It has more events than the lab shows. */
  | { readonly kind: "too long" };

const mostOutside = 300;

/** @throws LabActionError for what is no such file */
export function runOfFile(text: string): LabRun {
  try {
    const { seed, world } = parseRunFile(text);
    return { seed, setup: { kind: "simulated", world, bug: undefined, file: text, leftAt: undefined }, actions: [] };
  } catch (error) {
    if (!(error instanceof RunFileError)) throw error;
    throw new LabActionError(`${error.message} The lab opens what “quorate sim” keeps of a failing run`, {
      cause: error,
    });
  }
}

export function reportOf(world: SimulatedWorld): RunReport {
  const { file, result, tape, run } = world;
  const setup = run.setup as SimulatedSetup;
  const bug = file?.bug ?? setup.bug;
  const outside = file?.events ?? result?.external ?? [];
  return {
    who:
      `${tape.members.length} ${setup.world === "core" ? "cores" : "whole members"}, T = ${world.electionTimeoutMs} ms, ` +
      `seed ${run.seed}${bug === undefined ? "" : `, with a planted bug: ${bug}`}`,
    fell: result?.violation === undefined ? [] : describeViolation(result.violation),
    verdict: verdictOf(file, result),
    hash: tape.hash,
    events: tape.events.length,
    outside: outside.slice(0, mostOutside).map(told),
    moreOutside: Math.max(0, outside.length - mostOutside),
    isOfWholeMembers: setup.world === "replica",
  };
}

function verdictOf(file: RunFile | undefined, result: SimulationResult | undefined): RunVerdict {
  if (result === undefined) return { kind: "too long" };
  if (file === undefined) return { kind: "no file" };
  if (result.violation?.property !== file.violation.property) return { kind: "did not fall", file };
  return result.hash === file.hash ? { kind: "same" } : { kind: "another history", file };
}

function told(event: ExternalEvent): RunReport["outside"][number] {
  return { atMicros: event.atMicros, text: describeEvent(event) };
}
