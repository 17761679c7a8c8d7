import assert from "node:assert/strict";
import { HostError } from "@quorate/host";
import type { Disk, Done, Host } from "@quorate/host";
import {
  Drive,
  healthyDrive,
  idealClock,
  simulatedHost,
  SimulatedInternet,
  NetworkConditions,
  World,
} from "@quorate/simulator";

/** One member's disk through several lives. */
export class Lives {
  readonly world: World;
  readonly drive: Drive;
  readonly #internet: SimulatedInternet;
  #life = 0;
  #scope;

  constructor(seed: number) {
    this.world = new World(seed);
    this.drive = new Drive(this.world.streams.stream("drive"), healthyDrive);
    this.#internet = new SimulatedInternet(this.world, new NetworkConditions(this.world.streams));
    this.#scope = this.world.scope("member 1");
  }

  begin(): Host {
    this.#scope = this.world.scope(`member 1, life ${++this.#life}`);
    const parts = { member: 1, scope: this.#scope, clock: idealClock, drive: this.drive, internet: this.#internet };
    return simulatedHost(this.world, parts);
  }

  cutPower(): void {
    this.world.end(this.#scope);
    this.drive.cutPower();
  }

  wait<T>(start: (done: (value: T) => void) => void): T {
    let found: { value: T } | undefined;
    start((value) => {
      found = { value };
    });
    assert.ok(
      this.world.runUntil(() => found !== undefined, 60_000),
      "it completes",
    );
    return (found as unknown as { value: T }).value;
  }

  /** Its process is killed: what it wrote and did not sync can still be read. */
  kill(): void {
    this.world.end(this.#scope);
    this.drive.killProcess();
  }
}

/** A disk with a directory "/data". */
export function newLives(seed = 1): Lives {
  const lives = new Lives(seed);
  const { disk } = lives.begin();
  lives.wait<void>((done) => {
    disk.makeDirectory("/data", () => disk.syncDirectory("/", () => done()));
  });
  return lives;
}

/** The same disk, on which no directory can be synced while `names` are failing. */
export function withNames(disk: Disk, names: { readonly areFailing: boolean }): Disk {
  return new Proxy(disk, {
    get(sound, name): unknown {
      if (name === "syncDirectory" && names.areFailing) {
        return (path: string, done: Done) => sound.list(path, () => done(new HostError("io", path, "the sync failed")));
      }
      const own: unknown = Reflect.get(sound, name, sound);
      return typeof own === "function" ? (own.bind(sound) as unknown) : own;
    },
  });
}
