/**
 * An MVCC key-value state machine with etcd's semantics over an ordered engine (DESIGN §5).
 *
 * @packageDocumentation
 */
export type { AppliedCounts, CommittedCommand } from "./apply.ts";
export { AccessCheck, type LeasedKeys } from "./auth/access-check.ts";
export * from "./auth/auth-data.ts";
export type { AuthView } from "./auth/auth-state.ts";
export { alarmKinds, maxAlarms, type Alarm, type AlarmCommand, type AlarmKind } from "./alarm-operations.ts";
export { BackupReader, type BackupInfo } from "./backup/backup-reader.ts";
export { BackupWriter } from "./backup/backup-writer.ts";
export { decodeCommand, encodeCommand } from "./command-codec.ts";
export { pageBytes as contentsPageBytes, type LoadedVersion, type StateContents } from "./contents/contents.ts";
export type { StoredVersion } from "./contents/readable-versions.ts";
export { crc32c } from "./crc32c.ts";
export type * from "./engine.ts";
export type { EngineHome } from "./engine-home.ts";
export { DamagedRecordError, FormatError, isDamage, recordKinds, type RecordKind } from "./errors.ts";
export * from "./lease-operations.ts";
export {
  LeaseKeeping,
  type LeaseKeepingParts,
  type LeaseReplica,
  type LeaseReplicaStatus,
  type LeaseTime,
} from "./lessor/lease-keeping.ts";
export {
  Lessor,
  type LessorFailure,
  type LessorParts,
  type RenewOutcome,
  type TimeToLiveOutcome,
} from "./lessor/lessor.ts";
export { maxLeasesPerCommand } from "./lease-codec.ts";
export { defaultStoreLimits, type StoreLimits } from "./limits.ts";
export type { LeaseListener, Leases, LeaseView } from "./tables/leases.ts";
export type { PublishedMember } from "./tables/members.ts";
export { MemoryEngine, type MemoryEngineOptions } from "./memory-engine.ts";
export { MemoryHome, type MemoryHomeContents } from "./memory-home.ts";
export type { MemoryRecords } from "./memory-records.ts";
export { openStore, type StoreOptions } from "./open-store.ts";
export { maxTxnDepth, maxTxnEntries } from "./operation-codec.ts";
export * from "./operations.ts";
export { pacedBy, type Pace } from "./pace.ts";
export type { PageOperation, PageResult } from "./page-read.ts";
export type { ScrubProgress, ScrubReport } from "./scrub/scrub.ts";
export { Scrubbing, type ScrubbingOptions, type ScrubbingStatus } from "./scrub/scrubbing.ts";
export type { StateHash } from "./state-hash.ts";
export type { AppliedPosition } from "./state-record.ts";
export { KeyValueStore } from "./store.ts";
export { WatchEvent } from "./watch/event.ts";
export { WatchGroup, type WatchListener } from "./watch/watch-group.ts";
export { WatchHub } from "./watch/watch-hub.ts";
export { defaultWatchLimits, type WatchCounts, type WatchLimits } from "./watch/watch-limits.ts";
export {
  everythingPermitted,
  noWatchId,
  WatchStream,
  type WatchAnswer,
  type WatchCreate,
  type WatchPermit,
  type WatchSink,
} from "./watch/watch-stream.ts";
export { Watcher, type WatchOptions, type WatcherState } from "./watch/watcher.ts";
export type { StateSink, StateSource, StateTransfer } from "./transfer/interface.ts";
