/**
 * A deterministic world for the production code: virtual time, disks, networks and clocks that fail, and checkers that
 * look after every event. One seed decides everything.
 *
 * @packageDocumentation
 */
export { eventKinds } from "./event-queue.ts";
export type { EventKind, ScheduledEvent, Scope } from "./event-queue.ts";
export { HistoryHash } from "./history-hash.ts";
export { RandomStream, RandomStreams } from "./random-streams.ts";
export { World } from "./world.ts";
export { Drive, healthyDrive } from "./drive.ts";
export type { DriveSettings } from "./drive.ts";
export { NetworkConditions, perfectLink } from "./network-conditions.ts";
export type { LinkSettings } from "./network-conditions.ts";
export { idealClock } from "./simulated-clock.ts";
export type { ClockSettings } from "./simulated-clock.ts";
export { simulatedHost } from "./simulated-host.ts";
export type { HostParts } from "./simulated-host.ts";
export { SimulatedInternet } from "./simulated-links.ts";
export { SimulatedNetwork } from "./simulated-network.ts";
