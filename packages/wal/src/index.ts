/**
 * The durable log of one member: segments of checksummed, chained batches, one write and one sync for all that had
 * collected, and a recovery that tells a torn tail from damage. docs/wal-format.md has the bytes and the reasons.
 *
 * @packageDocumentation
 */
export * from "./errors.ts";
export type * from "./interface.ts";
export { defaultSegmentBytes, openWal } from "./open-wal.ts";
export type { OpenedWal, WalOptions } from "./open-wal.ts";
