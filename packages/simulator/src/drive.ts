import { FileTree } from "./file-tree.ts";
import type { RandomStream } from "./random-streams.ts";
import { blockBytes } from "./stored-file.ts";
import type { StoredFile } from "./stored-file.ts";
import type { Scope } from "./event-queue.ts";

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
  /** Who holds which directory. A lock ends with its scope. */
  readonly locks = new Map<string, Scope>();
  readonly underWay = new Set<WriteUnderWay>();

  constructor(random: RandomStream, settings: DriveSettings = healthyDrive) {
    this.random = random;
    this.settings = settings;
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
    return latency;
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
        if (this.random.chance(0.5)) file.write(offset + at, bytes.subarray(at, end));
        at = end;
      }
    }
    this.underWay.clear();
    return interrupted;
  }

  /** The power is cut: as `killProcess`, and what was not synced survives only by luck. Returns what was lost. */
  cutPower(): number {
    this.killProcess();
    return this.tree.cutPower(this.random, this.settings.unsyncedSurvival);
  }
}
