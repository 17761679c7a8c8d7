import type { MemberId } from "@quorate/raft";
import type { DiskDamage } from "./disk-damage.ts";
import { damageKinds } from "./disk-damage.ts";
import { crashKinds } from "./drive.ts";
import type { CrashKind, DiskFaults } from "./drive.ts";
import type { NetworkConditions } from "./network-conditions.ts";
import { drawFilter, oneLink, swizzle } from "./network-faults.ts";
import { blockedLinks, partitionShapes } from "./partitions.ts";
import type { RandomStream } from "./random-streams.ts";
import type { FaultPlan, Pace } from "./swarm.ts";
import type { World } from "./world.ts";

/** What faults act upon: a cluster of any kind of member. All arguments are plain data, so that a run can be written down. */
export interface FaultTarget {
  readonly ids: readonly MemberId[];
  readonly conditions: NetworkConditions;
  /** Who leads at the moment; 0 for nobody. */
  leader(): MemberId;
  isUp(id: MemberId): boolean;
  /**
   * Its process dies; a power cut also takes what was not synced, of a process that is down already too. Files of before the
   * kind was said leave it to the seed. Without effect on a modelled log: there, a crash takes any end of what was not synced.
   */
  crash(id: MemberId, kind?: CrashKind): void;
  /** Dies in the middle of a turn, when it has carried out so many effects more; Infinity to take that back. */
  crashInTurn(id: MemberId, afterEffects: number, kind?: CrashKind): void;
  /** Dies when its disk has done so many operations more, before it learns of the last. */
  crashAtDisk(id: MemberId, afterOperations: number, kind?: CrashKind): void;
  start(id: MemberId): void;
  pause(id: MemberId): void;
  /** The machine sleeps: as `pause`, and its monotonic clock stands still with it. `resume` ends both. */
  suspend(id: MemberId): void;
  resume(id: MemberId): void;
  /** Each event takes the process so long, in ms; 0 for one that is not slow. */
  slow(id: MemberId, msPerEvent: number): void;
  /** Its monotonic clock jumps forward, and its wall clock either way, in ms. */
  jumpClock(id: MemberId, monotonicMs: number, wallMs: number): void;
  /** What its disk does from now on beyond the usual; nothing to end that. Without effect where disks are modelled. */
  failDisk(id: MemberId, faults: DiskFaults): void;
  /**
   * Its process dies, and its disk loses something that was durable, unless so many others are damaged already that it
   * could not be recovered: then nothing happens, and it lives.
   */
  damageDisk(id: MemberId, damage: DiskDamage): void;
  /**
   * Its process dies, and its disk comes back empty, with no one told; unless so many others are damaged, or one of them has
   * never heard it: then nothing happens, and it lives. Without effect where disks are modelled.
   */
  wipeDisk(id: MemberId): void;
  /** Somebody copies its disk, as a power cut would leave it now. It goes on. */
  copyDisk(id: MemberId): void;
  /**
   * Its process dies, and its disk is what was copied last; unless there is no copy, or so many others are damaged, or one
   * of them knows no start of it that came after the copy: then nothing happens, and it lives.
   */
  restoreDisk(id: MemberId): void;
  /** The connections between two members break. */
  reset(one: MemberId, other: MemberId): void;
  /** One of the last messages, chosen by this number, arrives again; in a network of datagrams only. */
  replayMessage(choice: number): void;
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
    this.#beginCrashes(plan);
    this.#beginSlowness(plan);
    this.#beginNetworkFaults(plan);
    this.#beginDiskFaults(plan);
  }

  /** No more faults; those that are on stay. */
  stop(): void {
    this.#stopped = true;
  }

  /** No more faults; those that were on are taken back, and every process runs. */
  stopAndHeal(): void {
    this.stop();
    this.#target.conditions.heal();
    for (const id of this.#target.ids) {
      this.#target.crashInTurn(id, Number.POSITIVE_INFINITY);
      this.#target.crashAtDisk(id, Number.POSITIVE_INFINITY);
      this.#target.failDisk(id, {});
      this.#target.slow(id, 0);
      this.#target.resume(id);
      this.#target.start(id);
    }
  }

  #beginCrashes(plan: FaultPlan): void {
    const target = this.#target;
    const kinds = this.#world.streams.stream("fault: kinds of crashes");
    const kind = (): CrashKind => kinds.pick(crashKinds);
    this.#repeat("crash", plan.crash, (random, pace) => {
      const victim = random.pick(target.ids);
      target.crash(victim, kind());
      this.#later(random.exponential(pace.lastsMs), () => target.start(victim));
    });
    this.#repeat("crash in turn", plan.crashInTurn, (random, pace) => {
      const victim = random.pick(target.ids);
      target.crashInTurn(victim, random.integer(0, 4), kind());
      // Long enough for a turn to come: it then starts again, or goes on if none came.
      this.#later(random.exponential(pace.lastsMs) + 1, () => target.start(victim));
    });
    this.#repeat("crash at disk", plan.crashAtDisk, (random, pace) => {
      const victim = random.pick(target.ids);
      target.crashAtDisk(victim, random.integer(0, 12), kind());
      this.#later(random.exponential(pace.lastsMs) + 1, () => target.start(victim));
    });
    this.#repeat("crash loop", plan.crashLoop, (random, pace) => {
      const victim = random.pick(target.ids);
      for (let at = 0, left = random.integer(3, 8); left > 0; left--) {
        this.#later(at, () => target.crash(victim, kind()));
        at += random.exponential(pace.lastsMs / 4);
        this.#later(at, () => target.start(victim));
        // Often not long enough to come up.
        at += random.exponential(pace.lastsMs / 4);
      }
    });
    this.#repeat("crash all", plan.crashAll, (random, pace) => {
      for (const id of target.ids) {
        target.crash(id, kind());
        this.#later(random.exponential(pace.lastsMs), () => target.start(id));
      }
    });
  }

  #beginSlowness(plan: FaultPlan): void {
    const target = this.#target;
    this.#repeat("pause", plan.pause, (random, pace) => {
      const victim = random.pick(target.ids);
      target.pause(victim);
      this.#later(random.exponential(pace.lastsMs), () => target.resume(victim));
    });
    this.#repeat("suspension", plan.suspend, (random, pace) => {
      const victim = random.pick(target.ids);
      target.suspend(victim);
      this.#later(random.exponential(pace.lastsMs), () => target.resume(victim));
    });
    this.#repeat("slow member", plan.slow, (random, pace) => {
      const victim = random.pick(target.ids);
      target.slow(victim, random.between(0.05, 2));
      this.#later(random.exponential(pace.lastsMs), () => target.slow(victim, 0));
    });
    this.#repeat("clock jump", plan.clockJump, (random, pace) => {
      const victim = random.pick(target.ids);
      const forward = random.chance(0.5) ? 0 : random.exponential(pace.lastsMs);
      target.jumpClock(victim, forward, random.between(-1, 1) * 86_400_000);
    });
  }

  #beginNetworkFaults(plan: FaultPlan): void {
    const target = this.#target;
    const { conditions } = target;
    this.#repeat("partition", plan.partition, (random, pace) => {
      const shape = random.pick(partitionShapes);
      this.#world.note("network", () => `falls apart: ${shape}`);
      const links = blockedLinks(shape, target.ids, target.leader(), random);
      for (const [from, to] of links) conditions.block(from, to);
      this.#later(random.exponential(pace.lastsMs), () => {
        for (const [from, to] of links) conditions.unblock(from, to);
      });
    });
    this.#repeat("clog", plan.clog, (random, pace) => {
      const [from, to] = oneLink(target.ids, random);
      conditions.clog(from, to, this.#world.nowMicros + Math.ceil(random.exponential(pace.lastsMs) * 1000));
    });
    this.#repeat("swizzle", plan.swizzle, (random, pace) => {
      for (const { from, to, afterMs, untilMs } of swizzle(target.ids, pace.lastsMs, random)) {
        const until = this.#world.nowMicros + Math.ceil(untilMs * 1000);
        this.#later(afterMs, () => conditions.clog(from, to, until));
      }
    });
    this.#repeat("filter", plan.filter, (random, pace) => {
      const [from, to] = oneLink(target.ids, random);
      conditions.filter(from, to, drawFilter(random));
      this.#later(random.exponential(pace.lastsMs), () => conditions.filter(from, to, []));
    });
    this.#repeat("slow link", plan.slowLink, (random, pace) => {
      const [from, to] = oneLink(target.ids, random);
      const { minDelayMs } = conditions.usual;
      conditions.change(from, to, { minDelayMs: minDelayMs + random.between(0, pace.lastsMs / 2) });
      this.#later(random.exponential(pace.lastsMs), () => conditions.change(from, to, { minDelayMs }));
    });
    this.#repeat("reset", plan.reset, (random) => target.reset(...oneLink(target.ids, random)));
    this.#repeat("replay", plan.replay, (random) => target.replayMessage(random.integer(0, 1023)));
  }

  #beginDiskFaults(plan: FaultPlan): void {
    const target = this.#target;
    const failFor = (random: RandomStream, pace: Pace, faults: DiskFaults): MemberId => {
      const victim = random.pick(target.ids);
      target.failDisk(victim, faults);
      this.#later(random.exponential(pace.lastsMs), () => target.failDisk(victim, {}));
      return victim;
    };
    const crashes = this.#world.streams.stream("fault: crashes after disk errors");
    const damages = this.#world.streams.stream("fault: crashes of damaged members");
    this.#repeat("disk errors", plan.diskErrors, (random, pace) => {
      const probability = random.pick([0.01, 0.1, 1]);
      const kind = random.pick(["readErrorProbability", "writeErrorProbability", "syncErrorProbability"] as const);
      const victim = failFor(random, pace, { [kind]: probability });
      if (crashes.chance(0.6)) this.#killThenCutPower(victim, pace, crashes);
    });
    this.#repeat("disk full", plan.diskFull, (random, pace) => {
      failFor(random, pace, { freeBytes: random.integer(0, 40_000) });
    });
    this.#repeat("disk stall", plan.diskStall, (random, pace) => {
      failFor(random, pace, { stalledMs: random.exponential(pace.lastsMs) });
    });
    this.#repeat("damage", plan.damage, (random, pace) => {
      const victim = random.pick(target.ids);
      const damage = {
        kind: random.pick(damageKinds),
        file: random.next(),
        place: random.next(),
        bytes: random.next(),
        crash: damages.pick(crashKinds),
      };
      target.damageDisk(victim, damage);
      this.#later(random.exponential(pace.lastsMs), () => target.start(victim));
    });
    for (const part of ["marks", "state"] as const) {
      this.#repeat(`damaged ${part}`, part === "marks" ? plan.damagedMarks : plan.damagedState, (random, pace) => {
        const victim = random.pick(target.ids);
        const [kind, place, bytes] = [random.pick(damageKinds), random.next(), random.next()];
        target.damageDisk(victim, { kind, part, file: 0, place, bytes, crash: damages.pick(crashKinds) });
        this.#later(random.exponential(pace.lastsMs), () => target.start(victim));
      });
    }
    this.#repeat("wiped disk", plan.wipedDisk, (random, pace) => {
      const victim = random.pick(target.ids);
      target.wipeDisk(victim);
      this.#later(random.exponential(pace.lastsMs), () => target.start(victim));
    });
    this.#repeat("old copy", plan.oldCopy, (random, pace) => {
      const victim = random.pick(target.ids);
      target.copyDisk(victim);
      const steps = [
        () => target.crash(victim, damages.pick(crashKinds)),
        () => target.start(victim),
        () => target.restoreDisk(victim),
        () => target.start(victim),
      ];
      let at = 0;
      for (const step of steps) {
        at += random.exponential(pace.lastsMs);
        this.#later(at, step);
      }
    });
  }

  /**
   * What a failed sync has left unwritten can be read until the power is cut, also by the process after the one that was told
   * of it (ATC'20, "Can applications recover from fsync failures?").
   */
  #killThenCutPower(victim: MemberId, { lastsMs }: Pace, random: RandomStream): void {
    const target = this.#target;
    let at = 0;
    for (const kind of crashKinds) {
      at += random.exponential(lastsMs);
      this.#later(at, () => target.crash(victim, kind));
      at += random.exponential(lastsMs / 4);
      this.#later(at, () => target.start(victim));
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
