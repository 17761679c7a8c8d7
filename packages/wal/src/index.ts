/**
 * The durable log of one member: segments, checksummed batches, group commit, recovery. The format is described in
 * docs/wal-format.md.
 *
 * @packageDocumentation
 */
export * from "./errors.ts";
export type { LoggedConfiguration } from "./configuration-trail.ts";
export type * from "./interface.ts";
export { defaultSegmentBytes, openWal } from "./open-wal.ts";
export type { OpenedWal, WalOptions } from "./open-wal.ts";
export { ownerOfLog } from "./find-owner.ts";
export type { Owner } from "./format.ts";
export { markedEnd } from "./marked-end.ts";
export type { MarkedEnd } from "./marked-end.ts";
export { dumpLog } from "./dump-log.ts";
export type { DumpRow, DumpVisitor } from "./dump-log.ts";
export { verifyLog } from "./verify-log.ts";
export type { LogVerdict, SegmentVerdict } from "./verify-log.ts";
