/**
 * Node.js as a host: disk with a worker thread of its own, sockets, timers, clocks, randomness, and LevelDB as the
 * engine of the store.
 *
 * @packageDocumentation
 */
export { syncDirectory } from "./directory-sync.ts";
export { openLevelEngine } from "./level-engine.ts";
export type { LevelEngineOptions } from "./level-engine.ts";
export { createLevelHome } from "./level-home.ts";
export { assertLevelUnlocked } from "./level-lock.ts";
export { LinkSecurity } from "./link-security.ts";
export type { LinkCertificates, LinkSecurityOptions } from "./link-security.ts";
export { createNodeHost } from "./node-host.ts";
export type { NodeHost } from "./node-host.ts";
