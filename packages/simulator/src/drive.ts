import { FileTree } from "./file-tree.ts";
import type { RandomStream } from "./random-streams.ts";
import { blockBytes } from "./stored-file.ts";
import type { StoredFile } from "./stored-file.ts";
import type { Scope } from "./event-queue.ts";
import { HostError } from "@quorate/host";

/** How a disk behaves and misbehaves. Probabilities are per operation, from 0 to 1; times are in ms. */
export interface DriveSettings {
  /** Each operation takes this long at least, ... */
  readonly minLatencyMs: number;
  /** ... and on average (exponentially distributed) this much longer. */
  readonly meanLatencyMs: number;
  /** What a sync takes longer than that, on average. */
  readonly meanSyncMs: number;
  /** How often an operation stalls, and for how long on average. */
  readonly stallProbability: number;
  readonly meanStallMs: number;
  readonly readErrorProbability: number;
  readonly writeErrorProbability: number;
  readonly syncErrorProbability: number;
  /** How often a sync says that it is done and does nothing: a disk that lies. */
  readonly lostSyncProbability: number;
  /** The sum of the sizes of all files, in bytes; Infinity for a disk that never fills. */
  readonly capacityBytes: number;
  /** How likely it is that what was not synced survives a power cut all the same, block by block. */
  readonly unsyncedSurvival: number;
}

export const healthyDrive: DriveSettings = {
  minLatencyMs: 0.02,
  meanLatencyMs: 0.05,
  meanSyncMs: 0.2,
  stallProbability: 0,
  meanStallMs: 0,
  readErrorProbability: 0,
  writeErrorProbability: 0,
  syncErrorProbability: 0,
  lostSyncProbability: 0,
  capacityBytes: Number.POSITIVE_INFINITY,
  unsyncedSurvival: 0.5,
};

/** What ends a process: it alone dies, or its machine loses power, and with it what was not synced. */
export const crashKinds = ["kill", "power cut"] as const;
export type CrashKind = (typeof crashKinds)[number];

/** What a disk does beyond its settings, for a while. Plain data; an absent part is as in the settings. */
export interface DiskFaults {
  readonly readErrorProbability?: number;
  readonly writeErrorProbability?: number;
  readonly syncErrorProbability?: number;
  /** The disk has room for this many bytes more, and no further. */
  readonly freeBytes?: number;
  /** Nothing completes for so long from now on. */
  readonly stalledMs?: number;
  readonly meanSyncMs?: number;
}

/** A write that was started and has not completed: at a crash any part of it may have reached the disk. */
export interface WriteUnderWay {
  readonly file: StoredFile;
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** One member's disk: what stays when its process goes. */
export class Drive {
  settings: DriveSettings;
  readonly tree = new FileTree();
  readonly random: RandomStream;
  /** What a crash leaves, of its own: another crash takes no other time, and no other error, from the disk. */
  readonly #crashes: RandomStream;
  /** Who holds which directory. A lock ends with its scope. */
  readonly locks = new Map<string, Scope>();
  readonly underWay = new Set<WriteUnderWay>();
  /** Until when nothing completes, in ms of the world's time. */
  stalledUntilMs = 0;
  /** How many operations it has failed. */
  errors = 0;
  /** Called when this many operations more have been done, before anybody is told. */
  crashAfter: { operations: number; readonly crash: () => void } | undefined;
  readonly #nowMs: () => number;

  constructor(
    random: RandomStream,
    settings: DriveSettings = healthyDrive,
    nowMs: () => number = () => 0,
    crashes: RandomStream = random,
  ) {
    this.random = random;
    this.#crashes = crashes;
    this.settings = settings;
    this.#nowMs = nowMs;
  }

  /** What was set as `usual`, and these faults on top. */
  fail(usual: DriveSettings, faults: DiskFaults): void {
    const { freeBytes, stalledMs, ...probabilities } = faults;
    const capacityBytes = freeBytes === undefined ? usual.capacityBytes : this.tree.sizeBytes() + freeBytes;
    this.settings = { ...usual, ...probabilities, capacityBytes };
    this.stalledUntilMs = stalledMs === undefined ? 0 : this.#nowMs() + stalledMs;
  }

  /** An error that the disk makes: whoever hears it may stop for it. */
  error(code: "io" | "no-space", path: string, message: string): HostError {
    this.errors++;
    return new HostError(code, path, message);
  }

  /** An operation was done. False when the process dies of it before it learns so. */
  survives(): boolean {
    const due = this.crashAfter;
    if (due === undefined || due.operations-- > 0) return true;
    this.crashAfter = undefined;
    due.crash();
    return false;
  }

  /** Whether the disk can hold this many bytes more. */
  hasRoom(bytes: number): boolean {
    const { capacityBytes } = this.settings;
    return capacityBytes === Number.POSITIVE_INFINITY || this.tree.sizeBytes() + bytes <= capacityBytes;
  }

  latencyMs(isSync: boolean): number {
    const { minLatencyMs, meanLatencyMs, meanSyncMs, stallProbability, meanStallMs } = this.settings;
    let latency = minLatencyMs + this.random.exponential(meanLatencyMs);
    if (isSync) latency += this.random.exponential(meanSyncMs);
    if (this.random.chance(stallProbability)) latency += this.random.exponential(meanStallMs);
    return latency + Math.max(0, this.stalledUntilMs - this.#nowMs());
  }

  /**
   * The process is killed. The operating system keeps what it was given, whole blocks of writes under way included.
   * Returns how many writes were under way.
   */
  killProcess(): number {
    const interrupted = this.underWay.size;
    for (const { file, offset, bytes } of this.underWay) {
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + blockBytes - ((offset + at) % blockBytes));
        if (this.#crashes.chance(0.5)) file.write(offset + at, bytes.subarray(at, end));
        at = end;
      }
    }
    this.underWay.clear();
    return interrupted;
  }

  /** The power is cut: as `killProcess`, and what was not synced survives only by luck. Returns what was lost. */
  cutPower(): number {
    this.killProcess();
    return this.tree.cutPower(this.#crashes, this.settings.unsyncedSurvival);
  }
}
