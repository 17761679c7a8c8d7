import { EventQueue, eventKinds } from "./event-queue.ts";
import type { EventKind, ScheduledEvent, Scope } from "./event-queue.ts";
import { HistoryHash } from "./history-hash.ts";
import { RandomStreams } from "./random-streams.ts";

/** Cancelled events are swept out of the queue when there are this many, and more than half of all. */
const sweepAt = 4096;

/** Events that say nothing in the trace by themselves, and get a line all the same: every event has one. */
const quietKinds: ReadonlySet<EventKind> = new Set(["timer", "disk", "link", "step"]);

/** After how many events the history's hash is noted, so that two runs can be told where they part. */
export const eventsPerDigest = 1024;

/** More happened than the run allows: messages breed messages, or something goes round in circles. */
export class EventLimitError extends Error {
  override readonly name = "EventLimitError";

  constructor(events: number, nowMs: number) {
    super(`${events} events in ${nowMs.toFixed(0)} ms of virtual time, and no end`);
  }
}

/**
 * A deterministic world: virtual time and one queue of events. Nothing happens but by an event, events happen one at a
 * time, and time jumps from one to the next. The seed decides everything.
 */
export class World {
  readonly streams: RandomStreams;
  readonly hash = new HistoryHash();
  /** The hash after each `eventsPerDigest` events. */
  readonly digests: string[] = [];
  /** The scope of what belongs to no member: faults, clients, the network in between. It never ends. */
  readonly outside: Scope;
  /** Receives one line per event and note; undefined when nobody reads a trace. */
  trace: ((line: string) => void) | undefined;
  /** Receives the notes alone, as who and what. */
  noted: ((who: string, what: string) => void) | undefined;
  /** How many events may happen in all; the run ends with an `EventLimitError` beyond it. */
  maxEvents = Number.POSITIVE_INFINITY;
  /** Called after every event and what its turn left to do: this is where safety is checked. */
  afterEvent: ((event: ScheduledEvent) => void) | undefined;

  readonly #queue = new EventQueue();
  #turnEnd: { scope: Scope; callback: () => void }[] = [];
  #nowMicros = 0;
  #sequence = 0;
  #scopes = 0;
  #cancelled = 0;
  #executed = 0;
  #happening: ScheduledEvent | undefined;

  constructor(seed: number) {
    this.streams = new RandomStreams(seed);
    this.outside = this.scope("world");
  }

  get seed(): number {
    return this.streams.seed;
  }

  /** Virtual time in whole microseconds since the beginning. */
  get nowMicros(): number {
    return this.#nowMicros;
  }

  get nowMs(): number {
    return this.#nowMicros / 1000;
  }

  /** The event that happens, or the last one that did: where an error is thrown, the one that it was thrown in. */
  get happening(): ScheduledEvent | undefined {
    return this.#happening;
  }

  /** How many events have happened. */
  get executed(): number {
    return this.#executed;
  }

  scope(name: string): Scope {
    const number = this.#scopes++;
    return {
      name,
      number,
      ended: false,
      paused: false,
      held: [],
      microsPerEvent: 0,
      busyUntil: 0,
      admitted: undefined,
    };
  }

  /** Nothing of this scope happens any more. */
  end(scope: Scope): void {
    scope.ended = true;
    scope.held.length = 0;
    scope.admitted = undefined;
  }

  pause(scope: Scope): void {
    scope.paused = true;
  }

  /** What came due in the pause happens now, in the order in which it would have. */
  resume(scope: Scope): void {
    scope.paused = false;
    this.#release(scope, scope.held.length);
  }

  /** From now on each event takes the scope so long (in ms of virtual time), and others wait meanwhile; 0 to end that. */
  slow(scope: Scope, msPerEvent: number): void {
    scope.microsPerEvent = Math.ceil(msPerEvent * 1000);
    scope.admitted = undefined;
    if (msPerEvent === 0 && !scope.paused) this.#release(scope, scope.held.length);
  }

  /** Calls `run(subject)` in `delayMs` of virtual time (0 or more, rounded up to a microsecond), unless `scope` ends before. */
  schedule<T>(delayMs: number, kind: EventKind, scope: Scope, run: (subject: T) => void, subject: T): ScheduledEvent {
    return this.#push(this.#nowMicros + Math.ceil(delayMs * 1000), kind, scope, run, subject);
  }

  /** As `schedule`, at a point in time, in microseconds. */
  scheduleAt<T>(at: number, kind: EventKind, scope: Scope, run: (subject: T) => void, subject: T): ScheduledEvent {
    return this.#push(Math.max(at, this.#nowMicros), kind, scope, run, subject);
  }

  cancel(event: ScheduledEvent): void {
    if (event.cancelled) return;
    event.cancelled = true;
    this.#cancelled++;
    if (this.#cancelled < sweepAt || this.#cancelled * 2 < this.#queue.size) return;
    this.#queue.discard((queued) => queued.cancelled || queued.scope.ended);
    this.#cancelled = 0;
  }

  /** Calls `callback` after the present event and before the next one. */
  endOfTurn(scope: Scope, callback: () => void): void {
    this.#turnEnd.push({ scope, callback });
  }

  /** Lets the next event happen. False when there is none before `untilMicros`. */
  step(untilMicros = Number.POSITIVE_INFINITY): boolean {
    this.#finishTurn();
    for (;;) {
      const next = this.#queue.peek();
      if (next === undefined || next.at > untilMicros) return false;
      this.#queue.pop();
      if (next.cancelled || next.scope.ended) continue;
      this.#nowMicros = next.at;
      if (next.scope.paused) {
        hold(next, next.scope);
        continue;
      }
      if (next.scope.microsPerEvent > 0 && !this.#takesNow(next, next.scope)) continue;
      this.#execute(next);
      return true;
    }
  }

  /** Lets `durationMs` of virtual time pass. */
  run(durationMs: number): void {
    const until = this.#nowMicros + Math.ceil(durationMs * 1000);
    while (this.step(until));
    this.#nowMicros = until;
  }

  /** Runs until `done` holds or `limitMs` of virtual time have passed; returns whether it held. */
  runUntil(done: () => boolean, limitMs: number): boolean {
    const until = this.#nowMicros + Math.ceil(limitMs * 1000);
    while (!done()) {
      if (!this.step(until)) {
        this.#nowMicros = until;
        return done();
      }
    }
    return true;
  }

  /** One line for a reader of the trace. `describe` is called only when there is one. */
  note(who: string, describe: () => string): void {
    this.noted?.(who, describe());
    this.trace?.(`${(this.#nowMicros / 1000).toFixed(3).padStart(11)} ${who.padEnd(8)} ${describe()}`);
  }

  /** Whether a slow scope takes this event now; if not, it is held until its turn comes. */
  #takesNow(event: ScheduledEvent, scope: Scope): boolean {
    if (scope.admitted !== event) {
      const waits = this.#nowMicros < scope.busyUntil || scope.held.length > 0 || scope.admitted !== undefined;
      if (waits) {
        scope.held.push(event);
        if (scope.held.length === 1 && scope.admitted === undefined) this.#admitLater(scope);
        return false;
      }
    }
    scope.admitted = undefined;
    scope.busyUntil = this.#nowMicros + scope.microsPerEvent;
    if (scope.held.length > 0) this.#admitLater(scope);
    return true;
  }

  #admitLater(scope: Scope): void {
    const admit = (): void => {
      while (scope.held[0]?.cancelled === true) scope.held.shift();
      if (scope.ended || scope.paused || scope.admitted !== undefined) return;
      scope.admitted = scope.held[0];
      this.#release(scope, 1);
    };
    this.scheduleAt(scope.busyUntil, "step", this.outside, admit, undefined);
  }

  /** What was held happens now, in the order in which it would have. */
  #release(scope: Scope, count: number): void {
    for (const held of scope.held.splice(0, count)) {
      held.at = this.#nowMicros;
      held.sequence = this.#sequence++;
      this.#queue.push(held);
    }
  }

  #push<T>(at: number, kind: EventKind, scope: Scope, run: (subject: T) => void, subject: T): ScheduledEvent {
    if (!(at >= this.#nowMicros))
      throw new RangeError(`an event cannot happen at ${at} µs: it is ${this.#nowMicros} µs`);
    const event: ScheduledEvent = { at, sequence: this.#sequence++, kind, scope, run, subject, cancelled: false };
    this.#queue.push(event);
    return event;
  }

  #execute(event: ScheduledEvent): void {
    if (this.#executed >= this.maxEvents) throw new EventLimitError(this.#executed, this.nowMs);
    this.#executed++;
    this.#happening = event;
    this.hash.add(event.at);
    this.hash.add((event.scope.number << 4) | eventKinds.indexOf(event.kind));
    if (this.trace !== undefined && quietKinds.has(event.kind)) this.note(event.scope.name, () => `(${event.kind})`);
    (event.run as (subject: unknown) => void)(event.subject);
    this.#finishTurn();
    if (this.#executed % eventsPerDigest === 0) this.digests.push(this.hash.digest());
    this.afterEvent?.(event);
  }

  #finishTurn(): void {
    // What runs at the end of a turn may ask for more of the same; a process that crashed in the turn does no more.
    while (this.#turnEnd.length > 0) {
      const due = this.#turnEnd;
      this.#turnEnd = [];
      for (const { scope, callback } of due) if (!scope.ended) callback();
    }
  }
}

/** The one whose turn it was when the scope was paused stays the first. */
function hold(event: ScheduledEvent, scope: Scope): void {
  if (scope.admitted !== event) {
    scope.held.push(event);
    return;
  }
  scope.admitted = undefined;
  scope.held.unshift(event);
}
