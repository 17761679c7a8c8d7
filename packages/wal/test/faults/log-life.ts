import assert from "node:assert/strict";
import type { Disk, HostError } from "@quorate/host";
import type { Entry, HardState, LogPosition } from "@quorate/raft";
import { openWal, type OpenedWal, type WalError } from "@quorate/wal";
import { baseAt, clusterId, entriesOf, memberId, printed, tickingClock } from "../bench-log.ts";

/** What a log should hold after a record. */
interface LifeState {
  readonly entries: readonly string[];
  readonly hardState: HardState | undefined;
  /** The log began anew here: it cannot begin before. */
  readonly leastBase: number;
}

export interface LifeOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly segmentBytes: number;
  readonly payloadBytes: number;
  /** Resolves when the disk has nothing more to do; when the log has completed something, that was told before. */
  readonly settled: () => Promise<void>;
  /** Whether the disk has gone down in the middle of something: then nothing completes any more, and the life ends. */
  readonly mayGoDown?: () => boolean;
}

/** The same life of a log every time: two openings, elections, truncations, rolls, marks, a pruning, an installed state, closings. */
export class LogLife {
  readonly states: LifeState[] = [{ entries: [], hardState: undefined, leastBase: 0 }];
  readonly failures: (HostError | WalError)[] = [];
  /** Openings that failed. */
  readonly refusals: WalError[] = [];
  /** Records that were reported as stored. */
  stored = 0;
  readonly #options: LifeOptions;
  /** Records before the newest opening. */
  #base = 0;

  constructor(options: LifeOptions) {
    this.#options = options;
  }

  async live(): Promise<void> {
    const first = await this.open();
    if (first === undefined) return;
    await this.#write(first, 6, 1);
    await this.#write(first, 6, 1);
    await this.#write(first, 4, 2, 10);
    await this.#write(first, 0, 3);
    for (let record = 0; record < 4; record++) await this.#write(first, 5, 3);
    const { entries } = this.states.at(-1) as LifeState;
    const index = entries.length - 4;
    if (this.#isOver) return this.close(first);
    first.wal.prune({ index, term: Number(entries[index - 1]?.split(":")[1]) });
    await this.#options.settled();
    await this.#write(first, 3, 4);
    await this.#write(first, 6, 4, index + 3);
    await this.#install(first, 6);
    await this.#write(first, 4, 6);
    await this.close(first);
    if (this.#isOver) return;
    const second = await this.open();
    if (second === undefined) return;
    for (let record = 0; record < 3; record++) await this.#write(second, 5, 7);
    await this.close(second);
  }

  /** Opens; undefined when that fails, which it says in `refusals`. */
  async open(): Promise<OpenedWal | undefined> {
    const { disk, directory, segmentBytes, settled } = this.#options;
    let outcome: OpenedWal | WalError | undefined;
    const recordsBefore = this.states.length - 1;
    const events = {
      stored: (sequence: number, _last: LogPosition): void => {
        assert.equal(this.failures.length, 0, "nothing is reported as stored after a failure");
        this.stored = Math.max(this.stored, recordsBefore + sequence);
      },
      failed: (error: HostError | WalError) => void this.failures.push(error),
    };
    const host = { disk, clock: tickingClock() };
    openWal({ host, directory, clusterId, memberId, segmentBytes, events }, (error, opened) => {
      assert.equal(outcome, undefined, "an opening completes once");
      outcome = error ?? opened;
    });
    await settled();
    if (outcome === undefined && this.#isDown) return undefined;
    assert.ok(outcome !== undefined, "the opening completes");
    if ("wal" in outcome) {
      this.#base = recordsBefore;
      return outcome;
    }
    this.refusals.push(outcome);
    return undefined;
  }

  async close({ wal }: OpenedWal): Promise<void> {
    let isClosed = false;
    wal.close(() => (isClosed = true));
    await this.#options.settled();
    assert.ok(isClosed || this.#isDown, "a close completes, whatever has failed");
  }

  get #isDown(): boolean {
    return this.#options.mayGoDown?.() ?? false;
  }

  get #isOver(): boolean {
    return this.failures.length > 0 || this.#isDown;
  }

  /** A state of another history takes the place of the log's last entries: intent, switch, record. */
  async #install({ wal }: OpenedWal, term: number): Promise<void> {
    if (this.#isOver) return;
    const { entries } = this.states.at(-1) as LifeState;
    const index = entries.length - 3;
    const base = baseAt(index, term);
    wal.prepareInstall({ ...base, leaderTerm: term }, () => {});
    await this.#options.settled();
    if (this.#isOver) return;
    const hardState = { term, vote: term + 1, commit: 0 };
    wal.persist({ sequence: this.states.length - this.#base, truncateFrom: undefined, entries: [], hardState, base });
    const gone = Array.from({ length: index }, () => "in the state");
    this.states.push({ entries: gone, hardState, leastBase: index });
    await this.#options.settled();
  }

  async #write({ wal }: OpenedWal, count: number, term: number, truncateFrom?: number): Promise<void> {
    // After a failure the member stops: it writes nothing more.
    if (this.#isOver) return;
    const before = this.states.at(-1) as LifeState;
    const kept = truncateFrom === undefined ? before.entries : before.entries.slice(0, truncateFrom - 1);
    const entries: Entry[] = entriesOf(kept.length + 1, kept.length + count, term, this.#options.payloadBytes);
    const isNews = term !== (before.hardState?.term ?? 0);
    const hardState = isNews ? { term, vote: term + 1, commit: 0 } : undefined;
    wal.persist({ sequence: this.states.length - this.#base, truncateFrom, entries, hardState });
    this.states.push({
      entries: [...kept, ...entries.map(printed)],
      hardState: hardState ?? before.hardState,
      leastBase: before.leastBase,
    });
    await this.#options.settled();
  }
}

/**
 * Opens what a life has left, on a disk that works, and compares: the log is as after one of the records, none before the
 * last that was reported as stored. Gives the state's number.
 */
export async function checkAfterlife(life: LogLife, options: LifeOptions): Promise<number> {
  const next = new LogLife(options);
  const opened = await next.open();
  assert.deepEqual(next.refusals, [], "a log that a failure has left can be opened");
  if (opened === undefined) throw new Error("never opened");
  const { recovered, wal } = opened;
  assert.equal(recovered.damage, undefined, "a failure is not damage");
  const held = await readAll(opened, options);
  const found = life.states.findLastIndex(
    ({ entries, hardState, leastBase }, at) =>
      at >= life.stored &&
      recovered.base.index >= leastBase &&
      recovered.hardState?.term === hardState?.term &&
      recovered.hardState?.vote === hardState?.vote &&
      entries.length === recovered.last.index &&
      held.every((entry, i) => entry === entries[recovered.base.index + i]),
  );
  assert.ok(found >= 0, `everything up to record ${life.stored} was stored; found up to ${recovered.last.index}`);
  await next.close({ wal, recovered });
  return found;
}

async function readAll({ wal, recovered }: OpenedWal, { settled }: LifeOptions): Promise<string[]> {
  const { base } = recovered;
  if (wal.durable.index === base.index) return [];
  let entries: readonly Entry[] = [];
  wal.read(base.index + 1, wal.durable.index, 1e9, (error, read) => {
    assert.equal(error, undefined);
    entries = read;
  });
  await settled();
  return entries.map(printed);
}
