/**
 * The outside world as Quorate sees it (DESIGN §1): one program, three worlds.
 *
 * Everything below the host-neutral packages (`raft`, `wal`, `transport`, `store`, `replica`, `simulator`) happens through
 * these interfaces. Three worlds implement them: Node.js (`@quorate/host-node`), the simulator, and the browser.
 * One compliance suite (`@quorate/host/compliance`) holds them to the same behaviour.
 *
 * @packageDocumentation
 */
export type { Clock } from "./clock.ts";
export type { Disk, DiskFile, DirectoryLock, DirectoryEntry } from "./disk.ts";
export { doublingBounds, DurationHistogram } from "./duration-histogram.ts";
export { HostError, hostErrorCodes } from "./errors.ts";
export type { HostErrorCode } from "./errors.ts";
export type { Callback, Done, Host } from "./host.ts";
export type { ByteStream, ByteStreamEvents, Links, Listener, NetworkAddress } from "./links.ts";
export type { LogFields, Logger } from "./logger.ts";
export { silentLogger } from "./logger.ts";
export type { Random } from "./random.ts";
export type { TimerHandle, Timers } from "./timers.ts";
