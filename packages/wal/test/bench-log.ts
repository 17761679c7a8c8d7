import assert from "node:assert/strict";
import type { Clock, HostError } from "@quorate/host";
import {
  defaultTiming,
  entryKinds,
  makeEntry,
  type Entry,
  type HardState,
  type LogBase,
  type LogPosition,
} from "@quorate/raft";
import { openWal, type OpenedWal, type WalError, type WalOptions, type WalRecord } from "@quorate/wal";
import type { CrashDisk } from "./crash-disk.ts";

export const directory = "/log";
export const clusterId = 0xc1;
export const memberId = 0xa2;

/** A clock that moves by a tenth of a millisecond with each look. */
export function tickingClock(): Clock {
  let now = 0;
  const monotonicMs = (): number => (now += 0.1);
  return { monotonicMs, bootMs: monotonicMs, wallMs: monotonicMs };
}

/** Entries `from` to `to` of one term, with payloads that tell them apart. */
export function entriesOf(from: number, to: number, term: number, payloadBytes = 24): Entry[] {
  const entries: Entry[] = [];
  for (let index = from; index <= to; index++) {
    const payload = new Uint8Array(payloadBytes).fill((index * 31 + term * 7) & 0xff || 1);
    entries.push(makeEntry(index, term, entryKinds.command, payload));
  }
  return entries;
}

/** What a log begins with that a state covers: its configuration names `index` as its only voter. */
export function baseAt(index: number, term: number, configurationIndex = index): LogBase {
  const members = [{ id: index, name: `m${index}`, peerUrls: [`http://m${index}:2380`] }];
  const configuration = {
    voters: [index],
    outgoing: [],
    learners: [],
    promotable: [],
    removed: [],
    members,
    timing: defaultTiming,
  };
  return { position: { index, term }, configuration, configurationIndex };
}

/** A log on a disk in memory, driven step by step. */
export class BenchLog {
  readonly disk: CrashDisk;
  readonly opened: OpenedWal;
  readonly stored: { sequence: number; last: LogPosition }[];
  readonly failures: (HostError | WalError)[];
  #sequence = 0;

  constructor(disk: CrashDisk, opened: OpenedWal, stored: BenchLog["stored"], failures: BenchLog["failures"]) {
    this.disk = disk;
    this.opened = opened;
    this.stored = stored;
    this.failures = failures;
  }

  /** Queues a record; nothing happens before the disk runs. */
  queue(entries: readonly Entry[], hardState?: HardState, truncateFrom?: number, base?: LogBase): WalRecord {
    this.#sequence++;
    const record = { sequence: this.#sequence, truncateFrom, entries, hardState, ...(base && { base }) };
    this.opened.wal.persist(record);
    return record;
  }

  /** Makes a record durable. */
  persist(entries: readonly Entry[], hardState?: HardState, truncateFrom?: number, base?: LogBase): void {
    const { sequence } = this.queue(entries, hardState, truncateFrom, base);
    this.disk.run();
    assert.equal(this.stored.at(-1)?.sequence, sequence);
  }

  read(from: number, to: number, maxBytes = 1e9): readonly Entry[] {
    const outcome = this.tryRead(from, to, maxBytes);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  tryRead(from: number, to: number, maxBytes = 1e9): readonly Entry[] | HostError | WalError {
    let outcome: readonly Entry[] | HostError | WalError | undefined;
    this.opened.wal.read(from, to, maxBytes, (error, entries) => (outcome = error ?? entries));
    assert.equal(outcome, undefined, "a completion never comes from inside the call");
    this.disk.run();
    assert.ok(outcome !== undefined);
    return outcome;
  }

  close(): void {
    let closed = false;
    this.opened.wal.close(() => (closed = true));
    this.disk.run();
    assert.ok(closed);
  }
}

export type BenchOptions = Partial<Omit<WalOptions, "host" | "directory" | "events">>;

/** Opens, or says why not; undefined when the disk went down first. */
export function tryOpen(disk: CrashDisk, options: BenchOptions = {}): BenchLog | WalError | undefined {
  const stored: BenchLog["stored"] = [];
  const failures: BenchLog["failures"] = [];
  let outcome: BenchLog | WalError | undefined;
  const events = {
    stored: (sequence: number, last: LogPosition) => void stored.push({ sequence, last }),
    failed: (error: HostError | WalError) => void failures.push(error),
  };
  const host = { disk, clock: tickingClock() };
  const all = { segmentBytes: 64 * 1024, clusterId, memberId, ...options, host, directory, events };
  openWal(all, (error, opened) => {
    assert.equal(outcome, undefined, "exactly one completion");
    outcome = error ?? new BenchLog(disk, opened, stored, failures);
  });
  assert.equal(outcome, undefined, "a completion never comes from inside the call");
  disk.run();
  return outcome;
}

export function open(disk: CrashDisk, options: BenchOptions = {}): BenchLog {
  const log = tryOpen(disk, options);
  if (!(log instanceof Object) || !("opened" in log)) throw log instanceof Error ? log : new Error("never opened");
  return log;
}

/** Everything that a log holds, as "index:term" with the first payload byte. */
export function contents(log: BenchLog): string[] {
  const { base } = log.opened.recovered;
  const { durable } = log.opened.wal;
  if (durable.index === base.index) return [];
  return log.read(base.index + 1, durable.index).map(printed);
}

export function printed({ index, term, frame }: Entry): string {
  return `${index}:${term}:${frame.length}:${frame.at(-1)}`;
}

/** A reproducible source of chance (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
