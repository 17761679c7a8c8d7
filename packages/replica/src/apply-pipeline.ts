import type { Callback, Clock, Timers } from "@quorate/host";
import { entryKinds, payloadOf, type Entry, type LogPosition } from "@quorate/raft";
import type { ReplicaLimits } from "./options.ts";
import type { Committed, StateMachine } from "./state-machine.ts";

/** After this long in one go, in ms, the pipeline lets the host deliver what waits: a heartbeat may be among it. */
const longestStretchMs = 4;

/** What the pipeline reports to its member. */
export interface ApplyEvents<Result> {
  /** `entries` are applied; `results` beside them, undefined where an entry holds no command. */
  applied(entries: readonly Entry[], results: readonly (Result | undefined)[]): void;
  /** The state machine failed, and with it the member. */
  failed(error: Error): void;
}

/** Takes committed entries to the state machine, in order, a bounded batch at a time, never two at once. */
export class ApplyPipeline<Result> {
  readonly #machine: StateMachine<Result>;
  readonly #clock: Clock;
  readonly #timers: Timers;
  readonly #limits: ReplicaLimits;
  readonly #events: ApplyEvents<Result>;
  #queue: (Entry | undefined)[] = [];
  #head = 0;
  /** What the state already held when it was opened or put in place: applied elsewhere or before, and never again. */
  #restored: LogPosition;
  #position: LogPosition;
  #running = false;
  #held = false;
  #stopped = false;
  #whenIdle: (() => void) | undefined;

  constructor(
    machine: StateMachine<Result>,
    host: { readonly clock: Clock; readonly timers: Timers },
    limits: ReplicaLimits,
    events: ApplyEvents<Result>,
  ) {
    this.#machine = machine;
    this.#clock = host.clock;
    this.#timers = host.timers;
    this.#limits = limits;
    this.#events = events;
    this.#restored = machine.restored;
    this.#position = machine.restored;
  }

  /** The last entry that the state holds. */
  get position(): LogPosition {
    return this.#position;
  }

  /**
   * Entries that follow those of the call before. They begin after the state's own position; or before it, where the log was
   * damaged below the state's checkpoint and came back from the leader (docs/decisions/0007-state-ahead-of-damaged-log.md).
   */
  add(entries: readonly Entry[]): void {
    if (this.#head === this.#queue.length) {
      this.#queue = [...entries];
      this.#head = 0;
    } else {
      for (const entry of entries) this.#queue.push(entry);
    }
    if (!this.#running && !this.#held && !this.#stopped) this.#run();
  }

  /** Applies nothing until `resume`, so that another state can be put in place; `done` once nothing is being applied. */
  hold(done: () => void): void {
    this.#held = true;
    if (this.#running) this.#whenIdle = done;
    else done();
  }

  /** Goes on; from `position`, where the state machine now holds everything up to there. */
  resume(position?: LogPosition): void {
    this.#held = false;
    if (position !== undefined) {
      this.#restored = position;
      this.#position = position;
      const waiting = this.#queue.slice(this.#head) as Entry[];
      this.#queue = waiting.filter((entry) => entry.index > position.index);
      this.#head = 0;
    }
    if (!this.#running && !this.#stopped) this.#run();
  }

  /** Whether entries are with the state machine or on their way to it, or another state is. */
  get isBusy(): boolean {
    return this.#running || this.#held;
  }

  /** Applies nothing more; `done` once nothing is being applied. */
  stop(done: () => void): void {
    this.#stopped = true;
    this.#queue = [];
    this.#head = 0;
    if (this.#running) this.#whenIdle = done;
    else done();
  }

  /** Completions may come from inside the call: a loop, so that many of those do not nest. */
  #run(): void {
    this.#running = true;
    const began = this.#clock.monotonicMs();
    while (!this.#stopped && !this.#held && this.#head < this.#queue.length) {
      if (this.#clock.monotonicMs() - began > longestStretchMs) {
        this.#timers.afterPendingInput(() => this.#run());
        return;
      }
      const batch = this.#takeBatch();
      if (!this.#apply(batch)) return;
    }
    this.#becomeIdle();
  }

  #takeBatch(): Entry[] {
    const { maxApplyEntries, maxApplyBytes } = this.#limits;
    const start = this.#head;
    const isHeld = this.#isHeld(this.#queue[start] as Entry);
    let bytes = 0;
    while (this.#head < this.#queue.length && this.#head - start < maxApplyEntries) {
      const entry = this.#queue[this.#head] as Entry;
      bytes += entry.frame.length;
      if (this.#head > start && (bytes > maxApplyBytes || this.#isHeld(entry) !== isHeld)) break;
      this.#head++;
    }
    const batch = this.#queue.slice(start, this.#head) as Entry[];
    this.#queue.fill(undefined, start, this.#head);
    // What is taken need not stay in memory until the whole queue is through.
    if (this.#head > 4096) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    return batch;
  }

  /** Returns whether it completed at once. */
  #apply(batch: readonly Entry[]): boolean {
    if (this.#isHeld(batch[0] as Entry)) return this.#passOver(batch);
    const commands: Committed[] = [];
    for (const entry of batch) {
      if (entry.kind !== entryKinds.command) continue;
      commands.push({ index: entry.index, term: entry.term, command: payloadOf(entry) });
    }
    if (commands.length === 0) {
      this.#finish(batch, []);
      return true;
    }
    let inside = true;
    let completed = false;
    const done: Callback<readonly Result[]> = (error, results) => {
      if (completed) return this.#fail(new Error("the state machine completed one apply twice"));
      completed = true;
      if (error !== undefined) return this.#fail(error);
      if (results.length !== commands.length) {
        const message = `the state machine gave ${results.length} results for ${commands.length} commands`;
        return this.#fail(new Error(message));
      }
      this.#finish(batch, batch.length === results.length ? results : spread(batch, results));
      if (!inside) this.#run();
    };
    try {
      this.#machine.apply(commands, done);
    } catch (thrown) {
      this.#fail(new Error("the state machine threw from apply", { cause: thrown }));
    }
    inside = false;
    return completed;
  }

  #isHeld({ index }: Entry): boolean {
    return index <= this.#restored.index;
  }

  /** What is committed at an index is the same entry for ever (Raft §5.4.3), so the state holds these already. */
  #passOver(batch: readonly Entry[]): boolean {
    const { index, term } = this.#restored;
    const other = batch.find((entry) => entry.index === index && entry.term !== term);
    if (other !== undefined) {
      const message = `the state's last entry ${index} is of term ${term}, and the committed one is of term ${other.term}`;
      this.#fail(new Error(`${message}: the state is of another cluster or another time`));
      return false;
    }
    if (!this.#stopped) this.#events.applied(batch, []);
    return true;
  }

  #finish(batch: readonly Entry[], results: readonly (Result | undefined)[]): void {
    const last = batch.at(-1) as Entry;
    this.#position = { index: last.index, term: last.term };
    if (!this.#stopped) this.#events.applied(batch, results);
  }

  #fail(error: Error): void {
    this.#stopped = true;
    this.#events.failed(error);
    this.#becomeIdle();
  }

  #becomeIdle(): void {
    this.#running = false;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    const whenIdle = this.#whenIdle;
    this.#whenIdle = undefined;
    whenIdle?.();
  }
}

/** Results beside their entries: entries without a command have none. */
function spread<Result>(batch: readonly Entry[], results: readonly Result[]): (Result | undefined)[] {
  let next = 0;
  return batch.map((entry) => (entry.kind === entryKinds.command ? results[next++] : undefined));
}
