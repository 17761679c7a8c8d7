import type { MemberId } from "@quorate/raft";
import type { NetworkConditions } from "./network-conditions.ts";
import { blockedLinks, partitionShapes } from "./partitions.ts";
import type { RandomStream } from "./random-streams.ts";
import type { FaultPlan, Pace } from "./swarm.ts";
import type { World } from "./world.ts";

/** What faults act upon: a cluster of any kind of member. */
export interface FaultTarget {
  readonly ids: readonly MemberId[];
  readonly conditions: NetworkConditions;
  /** Who leads at the moment; 0 for nobody. */
  leader(): MemberId;
  isUp(id: MemberId): boolean;
  crash(id: MemberId): void;
  /** Dies in the middle of a turn, when it has carried out so many effects more; Infinity to take that back. */
  crashInTurn(id: MemberId, afterEffects: number): void;
  start(id: MemberId): void;
  pause(id: MemberId): void;
  resume(id: MemberId): void;
}

/** Makes the faults of a plan happen, each kind from its own stream of randomness. */
export class Nemesis {
  readonly #world: World;
  readonly #target: FaultTarget;
  #stopped = false;

  constructor(world: World, target: FaultTarget) {
    this.#world = world;
    this.#target = target;
  }

  begin(plan: FaultPlan): void {
    const target = this.#target;
    this.#repeat("crash", plan.crash, (random, pace) => {
      const victim = random.pick(target.ids);
      target.crash(victim);
      this.#later(random.exponential(pace.lastsMs), () => target.start(victim));
    });
    this.#repeat("crash in turn", plan.crashInTurn, (random, pace) => {
      const victim = random.pick(target.ids);
      target.crashInTurn(victim, random.integer(0, 4));
      // Long enough for a turn to come: it then starts again, or goes on if none came.
      this.#later(random.exponential(pace.lastsMs) + 1, () => target.start(victim));
    });
    this.#repeat("crash all", plan.crashAll, (random, pace) => {
      for (const id of target.ids) {
        target.crash(id);
        this.#later(random.exponential(pace.lastsMs), () => target.start(id));
      }
    });
    this.#repeat("pause", plan.pause, (random, pace) => {
      const victim = random.pick(target.ids);
      target.pause(victim);
      this.#later(random.exponential(pace.lastsMs), () => target.resume(victim));
    });
    this.#repeat("partition", plan.partition, (random, pace) => {
      const shape = random.pick(partitionShapes);
      this.#world.note("network", () => `falls apart: ${shape}`);
      for (const [from, to] of blockedLinks(shape, target.ids, target.leader(), random)) {
        target.conditions.block(from, to);
      }
      this.#later(random.exponential(pace.lastsMs), () => target.conditions.heal());
    });
    this.#repeat("clog", plan.clog, (random, pace) => {
      const [from, to] = random.shuffled(target.ids);
      const until = this.#world.nowMicros + Math.ceil(random.exponential(pace.lastsMs) * 1000);
      this.#world.note("network", () => `is clogged from ${from} to ${to} until ${until / 1000} ms`);
      target.conditions.clog(from as MemberId, to as MemberId, until);
    });
  }

  /** No more faults; those that were on are taken back, and every process runs. */
  stopAndHeal(): void {
    this.#stopped = true;
    this.#target.conditions.heal();
    for (const id of this.#target.ids) {
      this.#target.crashInTurn(id, Number.POSITIVE_INFINITY);
      this.#target.resume(id);
      this.#target.start(id);
    }
  }

  #repeat(name: string, pace: Pace | undefined, happen: (random: RandomStream, pace: Pace) => void): void {
    if (pace === undefined) return;
    const random = this.#world.streams.stream(`fault: ${name}`);
    const next = (): void => {
      if (this.#stopped) return;
      happen(random, pace);
      this.#later(random.exponential(pace.everyMs), next);
    };
    this.#later(random.exponential(pace.everyMs), next);
  }

  #later(delayMs: number, action: () => void): void {
    const unlessHealed = (): void => {
      if (!this.#stopped) action();
    };
    this.#world.schedule(delayMs, "fault", this.#world.outside, unlessHealed, undefined);
  }
}
