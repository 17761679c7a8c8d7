import type { Entry, LogIndex } from "@quorate/raft";
import type { DiskFaults } from "../drive.ts";
import type { Scope } from "../event-queue.ts";
import type { RandomStream } from "../random-streams.ts";
import type { DiskPace } from "../swarm.ts";
import type { World } from "../world.ts";
import type { LogDevice } from "./log-device.ts";

/** What a disk tells the process that uses it. */
interface DiskEvents {
  /** The sync that was begun is done. */
  synced(): void;
  /** A write or a sync failed: nothing more is written by this process. `why` is for people. */
  failed(why: string): void;
}

/** What the modelled log of a core is written to: how long that takes, and what fails. */
export class CoreDisk {
  pace: DiskPace;
  /** There is no room for anything more. It has no size: it is full from when that is said until it is not any more. */
  isFull = false;
  readonly #world: World;
  readonly #log: LogDevice;
  readonly #random: RandomStream;
  /** Of its own: a disk without errors takes the time that it took before there were any. */
  readonly #errors: RandomStream;
  #scope: Scope | undefined;
  #events: DiskEvents | undefined;
  #isSyncing = false;
  #stalledUntilMs = 0;
  #failing = { writes: 0, reads: 0 };

  constructor(world: World, log: LogDevice, member: number, pace: DiskPace) {
    this.#world = world;
    this.#log = log;
    this.#random = world.streams.stream(`disk of member ${member}`);
    this.#errors = world.streams.stream(`disk errors of member ${member}`);
    this.pace = pace;
  }

  /** A process uses it. */
  begin(scope: Scope, events: DiskEvents): void {
    this.#scope = scope;
    this.#events = events;
  }

  /** The process is gone. Returns how many records are gone with it. */
  end(): number {
    this.#scope = undefined;
    this.#events = undefined;
    this.#isSyncing = false;
    return this.#log.crash(this.#random);
  }

  /** What it does from now on beyond the usual; nothing to end that. */
  fail({ stalledMs, writeErrorProbability = 0, syncErrorProbability = 0, readErrorProbability = 0 }: DiskFaults): void {
    if (stalledMs !== undefined) this.#stalledUntilMs = this.#world.nowMs + stalledMs;
    this.#failing = { writes: Math.max(writeErrorProbability, syncErrorProbability), reads: readErrorProbability };
  }

  /** Writes and syncs all that waits, unless that is being done already. */
  sync(): void {
    if (this.#isSyncing || !this.#log.hasWaiting || this.#scope === undefined) return;
    this.#isSyncing = true;
    this.#log.beginSync();
    const { meanSyncMs, stallProbability, meanStallMs } = this.pace;
    let delayMs = 0.05 + this.#random.exponential(meanSyncMs);
    if (this.#random.chance(stallProbability)) delayMs += this.#random.exponential(meanStallMs);
    delayMs += Math.max(0, this.#stalledUntilMs - this.#world.nowMs);
    this.#world.schedule(delayMs, "disk", this.#scope, complete, this);
  }

  complete(): void {
    const { writes } = this.#failing;
    if (this.isFull) return this.#events?.failed("no space left on device");
    if (writes > 0 && this.#errors.chance(writes)) return this.#events?.failed("input/output error");
    this.#isSyncing = false;
    this.#events?.synced();
  }

  /** Undefined where nothing could be read. */
  read(from: LogIndex, to: LogIndex, maxBytes: number): readonly Entry[] | undefined {
    const { reads } = this.#failing;
    if (reads > 0 && this.#errors.chance(reads)) return undefined;
    const entries = this.#log.read(from, to, maxBytes);
    return entries.length > 0 ? entries : undefined;
  }
}

function complete(disk: CoreDisk): void {
  disk.complete();
}
