import type { Host } from "@quorate/host";
import type { Drive } from "./drive.ts";
import type { Scope } from "./event-queue.ts";
import type { RandomStream } from "./random-streams.ts";
import { SimulatedClock } from "./simulated-clock.ts";
import type { ClockSettings } from "./simulated-clock.ts";
import { SimulatedDisk } from "./simulated-disk.ts";
import type { SimulatedInternet } from "./simulated-links.ts";
import type { World } from "./world.ts";

export interface HostParts {
  /** Which links its streams use. */
  readonly member: number;
  readonly scope: Scope;
  readonly clock: ClockSettings;
  readonly drive: Drive;
  readonly internet: SimulatedInternet;
  /** What a process draws; a stream of its own unless given. A member's next start must not draw what its last one did. */
  readonly random?: RandomStream;
}

/** The world as one incarnation of a member meets it: the simulator's `Host`. */
export function simulatedHost(world: World, parts: HostParts): Host {
  const clock = new SimulatedClock(world, parts.scope, parts.clock);
  return {
    clock,
    timers: clock,
    disk: new SimulatedDisk(world, parts.scope, parts.drive),
    links: parts.internet.attach(parts.member, parts.scope),
    random: parts.random ?? world.streams.stream(`jitter of member ${parts.member}, ${parts.scope.name}`),
  };
}
