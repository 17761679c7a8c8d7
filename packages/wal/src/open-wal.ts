import { HostError, type DiskFile, type Host } from "@quorate/host";
import type { LogPosition } from "@quorate/raft";
import type { WriterState } from "./batch-writer.ts";
import { DurableLog } from "./durable-log.ts";
import { WalError } from "./errors.ts";
import type { Recovered, Wal, WalEvents } from "./interface.ts";
import { LogMap } from "./log-map.ts";
import { recover, type Found, type FoundSegment } from "./recovery.ts";
import { segmentHeaderBytes, type SegmentHeader } from "./segment-header.ts";
import { inTurn, installSegment, prepareSegment, segmentName } from "./segments.ts";

export interface WalOptions {
  readonly host: Pick<Host, "clock" | "disk" | "timers">;
  /** Absolute path; created when it is absent, in a directory that exists. */
  readonly directory: string;
  readonly clusterId: number;
  readonly memberId: number;
  readonly events: WalEvents;
  /** Size of a segment's file in bytes, 4096 or more. */
  readonly segmentBytes?: number;
}

export interface OpenedWal {
  readonly wal: Wal;
  readonly recovered: Recovered;
}

export const defaultSegmentBytes = 16 * 1024 * 1024;

type Opened = (error: WalError | undefined, opened: OpenedWal) => void;

const start: LogPosition = { index: 0, term: 0 };

/**
 * Opens the durable log of one member: reads what is there, mends what a crash left half made, makes the next incarnation
 * durable, and is then ready for `persist`. Fails with `wrong-cluster`, `wrong-member`, `version`, `corrupt` or `io`.
 */
export function openWal(options: WalOptions, done: Opened): void {
  new Opening(options, done).begin();
}

class Opening {
  readonly #options: WalOptions;
  readonly #done: Opened;
  readonly #segmentBytes: number;

  constructor(options: WalOptions, done: Opened) {
    this.#options = options;
    this.#done = done;
    this.#segmentBytes = Math.max(4096, options.segmentBytes ?? defaultSegmentBytes);
  }

  begin(): void {
    const { host, directory } = this.#options;
    const parent = directory.slice(0, directory.lastIndexOf("/")) || "/";
    inTurn(
      [(next) => host.disk.makeDirectory(directory, next), (next) => host.disk.syncDirectory(parent, next)],
      (error) => {
        if (error !== undefined) return this.#fail(error);
        recover({ ...this.#options, disk: host.disk }, (recoverError, found) => {
          if (recoverError !== undefined) this.#fail(recoverError);
          else if (found === undefined) this.#create();
          else if (found.damage === undefined) this.#mend(found);
          else this.#replaceDamaged(found);
        });
      },
    );
  }

  /** The first segment of a new log. */
  #create(): void {
    const header = this.#header({ sequence: 1, firstBatch: 1 });
    this.#install(header, (file) => {
      const recovered = { ...nothingRecovered, incarnation: 1 };
      this.#run(file, header, segmentHeaderBytes, new LogMap(start), [{ sequence: 1, lastIndex: 0 }], recovered);
    });
  }

  /**
   * Writes the last segment's valid bytes again and zeros what lies behind, then syncs: after a failed sync the page cache
   * may hold what the disk does not (ATC 2020, "Can applications recover from fsync failures?"), so what was read back is
   * not trusted until it was written anew.
   */
  #mend(found: Found): void {
    const { host, directory } = this.#options;
    const last = found.segments.at(-1) as FoundSegment;
    const end = found.tail.length;
    host.disk.open(`${directory}/${segmentName(last.sequence)}`, (error, file) => {
      if (error !== undefined) return this.#fail(error);
      const bytes = new Uint8Array(Math.max(end, found.usedEnd));
      bytes.set(found.tail);
      file.writeAndSync(0, bytes, (writeError) => {
        if (writeError !== undefined) return this.#fail(writeError);
        this.#runFound(found, file, last.header, end);
      });
    });
  }

  /** The damaged bytes stay where they are, for people; the log goes on in a new segment that says where it ended. */
  #replaceDamaged(found: Found): void {
    const { replay, segments, newestSequence, tail } = found;
    const last = segments.at(-1) as FoundSegment;
    const header = this.#header({
      sequence: newestSequence + 1,
      previousSequence: last.sequence,
      previousEnd: tail.length,
      firstBatch: replay.sequence + 1,
      mark: replay.sequence,
      chain: replay.chain,
      incarnation: replay.incarnation + 1,
      base: replay.map.base,
      last: replay.map.last,
      hardState: replay.hardState,
      quarantined: true,
    });
    this.#install(header, (file) => this.#runFound(found, file, header, segmentHeaderBytes));
  }

  #runFound(found: Found, file: DiskFile, header: SegmentHeader, offset: number): void {
    const { replay, tornTail, damage } = found;
    const segments = found.segments.map(({ sequence, lastIndex }) => ({ sequence, lastIndex }));
    if (segments.at(-1)?.sequence !== header.sequence) {
      segments.push({ sequence: header.sequence, lastIndex: replay.map.last.index });
    }
    const earlier = replay.quarantined
      ? "the log was damaged before, and what was lost has not come back yet"
      : undefined;
    this.#run(
      file,
      {
        ...header,
        firstBatch: replay.sequence + 1,
        chain: replay.chain,
        incarnation: replay.incarnation + 1,
        hardState: replay.hardState,
        quarantined: replay.quarantined || damage !== undefined,
      },
      offset,
      replay.map,
      segments,
      {
        hardState: replay.hardState,
        base: replay.map.base,
        last: replay.map.last,
        termRuns: replay.map.runs.map((run) => ({ ...run })),
        configurations: replay.configurations,
        incarnation: replay.incarnation + 1,
        tornTail,
        damage: damage ?? earlier,
      },
    );
  }

  #run(
    file: DiskFile,
    header: SegmentHeader,
    offset: number,
    map: LogMap,
    segments: { sequence: number; lastIndex: number }[],
    recovered: Recovered,
  ): void {
    const { host, directory, clusterId, memberId, events } = this.#options;
    const state: WriterState = {
      clusterId,
      memberId,
      incarnation: recovered.incarnation,
      file,
      segment: header.sequence,
      capacity: header.capacity,
      offset,
      sequence: header.firstBatch - 1,
      chain: header.chain,
      base: map.base,
      last: map.last,
      hardState: header.hardState,
      quarantined: header.quarantined,
    };
    let isOpen = false;
    const guarded: WalEvents = {
      stored: (sequence, last) => events.stored(sequence, last),
      failed: (error) => {
        if (isOpen) events.failed(error);
        else this.#fail(error);
      },
    };
    const { clock, timers, disk } = host;
    const segmentBytes = this.#segmentBytes;
    const wal = new DurableLog({ disk, clock, timers, directory, segmentBytes, events: guarded, map, state, segments });
    wal.begin(recovered.hardState, () => {
      isOpen = true;
      this.#done(undefined, { wal, recovered });
    });
  }

  #header(given: Partial<SegmentHeader> & Pick<SegmentHeader, "sequence" | "firstBatch">): SegmentHeader {
    const { clusterId, memberId } = this.#options;
    return {
      clusterId,
      memberId,
      capacity: this.#segmentBytes,
      previousSequence: 0,
      previousEnd: 0,
      mark: 0,
      chain: 0,
      incarnation: 1,
      base: start,
      last: start,
      hardState: undefined,
      quarantined: false,
      ...given,
    };
  }

  #install(header: SegmentHeader, then: (file: DiskFile) => void): void {
    const { host, directory } = this.#options;
    prepareSegment(host.disk, `${directory}/first.tmp`, header.capacity, (error, file) => {
      if (error !== undefined) return this.#fail(error);
      installSegment(host.disk, directory, file, header, (installError, installed) => {
        if (installError !== undefined) this.#fail(installError);
        else then(installed);
      });
    });
  }

  #fail(error: HostError | WalError): void {
    const wrapped =
      error instanceof HostError
        ? new WalError("io", error.subject, undefined, `the disk failed: ${error.message}`, { cause: error })
        : error;
    this.#done(wrapped, undefined as never);
  }
}

const nothingRecovered: Recovered = {
  hardState: undefined,
  base: start,
  last: start,
  termRuns: [],
  configurations: [],
  incarnation: 1,
  tornTail: undefined,
  damage: undefined,
};
