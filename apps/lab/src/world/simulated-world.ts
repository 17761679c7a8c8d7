import { createRaft, realRules } from "@quorate/raft";
import {
  allCheckers,
  brokenCoreParts,
  brokenMemberParts,
  bugOf,
  parseRunFile,
  RunFileError,
  SafetyViolation,
  simulateCore,
  simulateReplicas,
  type BrokenParts,
  type Checker,
  type CoreCluster,
  type PlantedBug,
  type ReplicaCluster,
  type RunFile,
  type SimulationResult,
  type WatchedCluster,
  type World,
} from "@quorate/simulator";
import { advanceWorld } from "./advance-world.ts";
import { LabActionError, type TimedAction } from "./lab-action.ts";
import type { LabRun, SimulatedSetup } from "./lab-run.ts";
import { performNoted } from "./perform-noted.ts";
import { Hand } from "./perform-action.ts";
import { recordedCores, type RecordedCluster } from "./recorded-cluster.ts";
import { RecordedMembers } from "./recorded-members.ts";
import { Recording } from "./recording.ts";
import type { Decision, Tape } from "./tape.ts";
import { strictCheckers, tolerantCheckers } from "./tolerant-checkers.ts";
import { watchedRules } from "./watched-rules.ts";
import type { WatchedWorld } from "./watched-world.ts";

/** A run of the lab is for people to look at; each event takes about a kilobyte. */
export const mostEvents = 100_000;

/** More happened than can be looked at here. Thrown between two events, and caught here. */
class TooManyEvents extends Error {}

type CoreFactory = Exclude<BrokenParts["createCore"], undefined>;

/**
 * A run of the simulator as `quorate sim` runs it, with the same history to the last event: what a seed draws, or what
 * the file of a failing run says. It is over when something falls, or at its end.
 */
export class SimulatedWorld implements WatchedWorld {
  readonly run: LabRun;
  readonly electionTimeoutMs: number;
  readonly beganAt = 0;
  readonly untouchable: string | undefined;
  /** What the run came to; the hash is that of `quorate sim`. */
  readonly result: SimulationResult | undefined;
  readonly file: RunFile | undefined;
  readonly #world: World;
  readonly #recording: Recording;
  readonly #hand: Hand | undefined;
  readonly #waiting: TimedAction[];
  #end: string | undefined;

  /** @throws LabActionError for a file or a planted bug that is none */
  constructor(run: LabRun) {
    this.run = run;
    this.#waiting = [...run.actions];
    const { setup } = run;
    if (setup.kind !== "simulated") throw new LabActionError("this is no run of the simulator");
    const { file, bug } = partsOf(setup);
    this.file = file;
    const begun = begin({ run, setup, file, bug });
    this.#world = begun.world;
    this.#recording = begun.recording;
    this.#hand = begun.cores === undefined ? undefined : new Hand(begun.cores);
    this.electionTimeoutMs = begun.electionTimeoutMs;
    this.result = begun.result;
    this.#end = begun.end;
    this.untouchable =
      begun.cores === undefined ? "whole members are here to be looked at: the lab's hands belong to cores" : undefined;
  }

  get tape(): Tape {
    return this.#recording.tape;
  }

  get end(): string | undefined {
    return this.#end;
  }

  advance(untilMicros: number): void {
    const hand = this.#hand;
    if (this.#end !== undefined || hand === undefined) return;
    try {
      advanceWorld(this.#world, this.#waiting, untilMicros, (action) => performNoted(hand, this.#recording, action));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error instanceof SafetyViolation) this.#recording.violated(error);
      this.#end = error instanceof TooManyEvents ? tooMany : error.message;
    }
  }
}

const tooMany = `the lab shows ${mostEvents.toLocaleString("en")} events of a run, and no more`;

/** @throws LabActionError */
function partsOf({ file, bug }: SimulatedSetup): { file: RunFile | undefined; bug: PlantedBug | undefined } {
  try {
    const parsed = file === undefined ? undefined : parseRunFile(file);
    const named = parsed ?? (bug === undefined ? {} : { bug });
    return { file: parsed, bug: bugOf(named) };
  } catch (error) {
    if (error instanceof RunFileError) throw new LabActionError(error.message, { cause: error });
    throw error;
  }
}

interface Begun {
  readonly world: World;
  readonly recording: Recording;
  /** Where members are cores. */
  readonly cores: CoreCluster | undefined;
  readonly electionTimeoutMs: number;
  readonly result: SimulationResult | undefined;
  readonly end: string | undefined;
}

interface RunParts {
  readonly run: LabRun;
  readonly setup: SimulatedSetup;
  readonly file: RunFile | undefined;
  readonly bug: PlantedBug | undefined;
}

/** Runs it to its end, or to where the reader takes over. */
function begin({ run, setup, file, bug }: RunParts): Begun {
  const told: { recording?: Recording; world?: World; cores?: CoreCluster; electionTimeoutMs?: number } = {};
  const members = new RecordedMembers();
  const decided = (decision: Decision): void => told.recording?.decided(decision);
  const found = (violation: SafetyViolation): void => told.recording?.violated(violation);
  const looksOn = (world: World, cluster: RecordedCluster, checkers: readonly Checker[]): void => {
    const recording = new Recording(world, cluster);
    Object.assign(told, { recording, world });
    // In front: one that finds something ends the event.
    (checkers as Checker[]).unshift(...recording.checkers);
    const { afterEvent } = world;
    world.afterEvent = (event) => {
      afterEvent?.(event);
      if (world.executed >= mostEvents) throw new TooManyEvents();
    };
  };
  const { leftAt } = setup;
  const watch = leftAt === undefined ? strictCheckers : tolerantCheckers;
  const options = {
    seed: run.seed,
    checkers: (watched: WatchedCluster) => watch(allCheckers(watched), found),
    ...(file === undefined
      ? bug?.adjust === undefined
        ? {}
        : { adjust: bug.adjust }
      : { swarm: file.swarm, script: file.events, safetyOnly: file.safetyOnly }),
  };
  const watchedCores =
    (make: CoreFactory = createRaft): CoreFactory =>
    (core) => {
      told.electionTimeoutMs ??= core.configuration.timing.electionTimeoutMs;
      return make({ ...core, rules: watchedRules(core.id, core.rules ?? realRules, decided) });
    };
  const simulate = (): SimulationResult => {
    if (setup.world === "core") {
      const parts = brokenCoreParts(bug);
      const begins = (world: World, cluster: CoreCluster): void => {
        told.cores = cluster;
        looksOn(world, recordedCores(cluster), cluster.checkers);
      };
      const createCore = watchedCores(parts.createCore);
      return simulateCore({ ...options, ...parts, createCore, onlooker: { begins, leaveAtMicros: leftAt } });
    }
    const parts = brokenMemberParts(bug);
    const begins = (world: World, cluster: ReplicaCluster): void => {
      looksOn(world, members.clusterOf(cluster), cluster.checkers);
      (cluster.checkers as Checker[]).unshift(members.checker);
    };
    const createCore = members.factory(watchedCores(parts.createCore));
    return simulateReplicas({ ...options, ...parts, createCore, onlooker: { begins } });
  };
  let result: SimulationResult | undefined;
  try {
    result = simulate();
  } catch (error) {
    if (!(error instanceof TooManyEvents)) throw error;
  }
  const { recording, world } = told as { recording: Recording; world: World };
  if (result?.violation !== undefined) recording.fell(result.violation);
  const isLeft = leftAt !== undefined && result?.violation === undefined;
  return {
    world,
    recording,
    cores: told.cores,
    electionTimeoutMs: told.electionTimeoutMs ?? 1000,
    result,
    end: isLeft && result !== undefined ? undefined : endOf(result),
  };
}

function endOf(result: SimulationResult | undefined): string {
  if (result === undefined) return tooMany;
  return result.violation?.message ?? "the run is over, and nothing fell";
}
