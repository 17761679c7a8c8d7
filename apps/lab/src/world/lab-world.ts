import { defaultTiming, realRules, type Rules } from "@quorate/raft";
import {
  allCheckers,
  coreScenarios,
  Course,
  directedCluster,
  directedVariants,
  ElectionHistory,
  figure3Checkers,
  idsOf,
  plantedBugs,
  rolesOf,
  SafetyViolation,
  World,
  type Checker,
  type CoreCluster,
  type DirectedScenario,
  type DirectedVariant,
  type WatchedCluster,
} from "@quorate/simulator";
import { tuneScenario } from "../tuning/library.ts";
import { advanceWorld } from "./advance-world.ts";
import { LabActionError, type TimedAction } from "./lab-action.ts";
import type { FreeSetup, LabRun, ScenarioSetup } from "./lab-run.ts";
import { performNoted } from "./perform-noted.ts";
import { Hand } from "./perform-action.ts";
import { recordedCores } from "./recorded-cluster.ts";
import { Recording } from "./recording.ts";
import type { Decision, Tape } from "./tape.ts";
import { tolerantCheckers } from "./tolerant-checkers.ts";
import { watchedRules } from "./watched-rules.ts";

/** What a cluster of a scenario needs to get going, in election timeouts, as in the simulator's own runs. */
const settleTimeouts = 50;
/** A run of the lab is for people to look at. */
const maxEvents = 100_000;

/** The reader takes over in the middle of a scenario. Thrown between two events, and caught here. */
class TakenOver extends Error {}

/** A course of events, or none, for any number of members. */
interface LabScenario extends Omit<DirectedScenario, "members" | "source" | "expects"> {
  readonly members: number;
}

/** A live world of the shipped core, which is written down as it goes. */
export class LabWorld {
  readonly run: LabRun;
  readonly electionTimeoutMs: number;
  /** When the scenario began, once its cluster had a leader, in µs; 0 for a free run and a scenario without steps. */
  readonly beganAt: number;
  readonly #world: World;
  readonly #recording: Recording;
  readonly #hand: Hand;
  readonly #waiting: TimedAction[];
  /** The world has come to an end of its own: nothing more can happen in it. */
  #end: string | undefined;

  /** @throws LabActionError for a setup that does not exist. */
  constructor(run: LabRun) {
    this.run = run;
    this.#world = new World(run.seed);
    this.#world.maxEvents = maxEvents;
    this.#waiting = [...run.actions];
    const { setup } = run;
    if (setup.kind === "simulated")
      throw new LabActionError("this is a run of the simulator, and no world of the lab's");
    const scenario = setup.kind === "free" ? freeScenario(setup) : scenarioOf(setup);
    const broken = setup.kind === "free" ? freeVariant(setup) : variantOf(scenario, setup.broken);
    const knowsStarts = setup.kind === "scenario" || !setup.broken.includes(forgottenStarts);
    const setting = { ...scenario.setting, ...broken?.setting, knowsStarts };
    this.electionTimeoutMs = setting.electionTimeoutMs ?? 100;
    const { electionTimeoutMs } = this;
    const { members } = scenario;
    const history = new ElectionHistory(this.#world, { voters: members, electionTimeoutMs });
    const told: { to?: Recording } = {};
    const decided = (decision: Decision): void => told.to?.decided(decision);
    const checkers = (watched: WatchedCluster): Checker[] => {
      const usual = broken === undefined ? allCheckers(watched) : figure3Checkers(watched);
      const found = (violation: SafetyViolation): void => told.to?.violated(violation);
      return [...tolerantCheckers(usual, found), history];
    };
    const { cluster, patience } = directedCluster(this.#world, {
      members,
      electionTimeoutMs,
      setting,
      broken,
      checkers,
      watchRules: (id, rules) => watchedRules(id, rules, decided),
    });
    if (setup.kind === "free") patience.spread = setup.timerSpread ?? 1;
    const recording = new Recording(this.#world, recordedCores(cluster));
    told.to = recording;
    (cluster.checkers as Checker[]).push(...recording.checkers);
    this.#recording = recording;
    this.#hand = new Hand(cluster);
    this.beganAt = this.#guarded(() => {
      for (const id of cluster.ids) cluster.start(id);
      if (setup.kind === "free") {
        this.#recording.acted("The members start");
        return 0;
      }
      this.#world.runUntil(() => cluster.hasConverged(), settleTimeouts * electionTimeoutMs);
      // Where nothing is done to the members, how they come together is what there is to see.
      return scenario.steps.length === 0 ? 0 : this.#world.nowMicros;
    });
    if (setup.kind === "scenario") {
      const course = new Course(this.#world, cluster, { setting, patience, electionTimeoutMs, history });
      this.#play(setup, scenario, cluster, course);
    }
  }

  get tape(): Tape {
    return this.#recording.tape;
  }

  /** Why nothing more can happen; undefined while something can. */
  get end(): string | undefined {
    return this.#end;
  }

  /** Lets everything happen up to this moment, in µs of virtual time, the reader's actions included. */
  advance(untilMicros: number): void {
    this.#guarded(() => {
      advanceWorld(this.#world, this.#waiting, untilMicros, (action) =>
        performNoted(this.#hand, this.#recording, action),
      );
      return 0;
    });
  }

  /** The scenario goes to its end, or to where the reader takes over. */
  #play(setup: ScenarioSetup, scenario: LabScenario, cluster: CoreCluster, course: Course): void {
    const world = this.#world;
    const { afterEvent } = world;
    const { leftAt } = setup;
    if (leftAt !== undefined) {
      world.afterEvent = (event) => {
        afterEvent?.(event);
        if (world.nowMicros >= leftAt) throw new TakenOver();
      };
    }
    const idOf = idsOf(rolesOf(cluster));
    this.#recording.playedBy = idOf;
    this.#guarded(() => {
      course.follow(scenario.steps, scenario.lasts, idOf);
      return 0;
    });
    world.afterEvent = afterEvent;
  }

  /** What the core or a course finds wrong ends the world, and is shown. */
  #guarded(act: () => number): number {
    if (this.#end !== undefined) return 0;
    try {
      return act();
    } catch (error) {
      if (error instanceof TakenOver) return 0;
      if (!(error instanceof Error)) throw error;
      if (error instanceof SafetyViolation) this.#recording.violated(error);
      this.#end = error.message;
      return 0;
    }
  }
}

function scenarioOf({ name, tuned = {} }: ScenarioSetup): DirectedScenario {
  const found = coreScenarios.find((scenario) => scenario.name === name);
  if (found === undefined) throw new LabActionError(`there is no scenario "${name}"`);
  return tuneScenario(found, tuned);
}

function variantOf(scenario: LabScenario, broken: number): DirectedVariant | undefined {
  const variants = directedVariants(scenario);
  if (broken > variants.length) {
    throw new LabActionError(
      `the scenario "${scenario.name}" has ${variants.length} broken variants, and not ${broken}`,
    );
  }
  return variants[broken - 1];
}

/** Logs are pruned by hand alone. */
const states = { keptEntries: Number.POSITIVE_INFINITY, stateBytes: 1000, chunks: 4 };

function freeScenario(setup: FreeSetup): LabScenario {
  const { members, spares, electionTimeoutMs, delayMs, clockDriftPpm = defaultTiming.clockDriftPpm } = setup;
  return {
    name: "free",
    title: "",
    members,
    setting: {
      electionTimeoutMs,
      clockDriftPpm,
      spares,
      states,
      link: { minDelayMs: delayMs, meanDelayMs: delayMs / 10 },
    },
    steps: [],
    lasts: 0,
  };
}

export const forgottenStarts = "peers do not remember starts: a wiped disk is taken for its member";

/** Bugs that consist of one broken rule: what the lab can switch on, by name. */
export const breakableRules: ReadonlyMap<string, Partial<Rules>> = new Map([
  ...plantedBugs.flatMap(({ name, breaks, rules }) =>
    rules !== undefined && breaks in realRules ? [[name, { [breaks]: rules[breaks as keyof Rules] }] as const] : [],
  ),
  // No rule of the core: what keeps a wiped disk from speaking for its member stands before it.
  [forgottenStarts, {}] as const,
]);

function freeVariant({ broken }: FreeSetup): DirectedVariant | undefined {
  if (broken.length === 0) return undefined;
  const rules: Partial<Rules> = {};
  for (const name of broken) {
    const found = breakableRules.get(name);
    if (found === undefined) throw new LabActionError(`there is no broken rule "${name}"`);
    Object.assign(rules, found);
  }
  return { what: broken.join(", "), rules, expects: {} };
}
