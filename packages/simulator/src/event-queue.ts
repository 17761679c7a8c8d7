/** What an event is about, for the history hash, the trace and the count per kind. */
export const eventKinds = ["timer", "disk", "deliver", "link", "step", "fault", "client", "check"] as const;
export type EventKind = (typeof eventKinds)[number];

/**
 * Whose event it is: one incarnation of one member, or the world itself. When a scope ends (its process crashed), its
 * events never run; while it is paused (SIGSTOP, a long garbage collection), they wait, in order.
 */
export interface Scope {
  readonly name: string;
  /** A number that identifies the scope in the history hash. */
  readonly number: number;
  ended: boolean;
  paused: boolean;
  /** Events that came due while it was paused, or at work on an earlier one. */
  readonly held: ScheduledEvent[];
  /** How long each event takes it, in µs: 0 for a process that is not slow. */
  microsPerEvent: number;
  /** A slow one is at work until then, in µs; then it takes the first that it holds. */
  busyUntil: number;
  /** The held event whose turn it is. */
  admitted: ScheduledEvent | undefined;
}

/** Something that will happen. `run` is called with `subject`, so that scheduling needs no closure. */
export interface ScheduledEvent {
  /** Microseconds of virtual time. Moved only when a paused scope resumes, while the event is not in the queue. */
  at: number;
  /** Breaks ties: of two events at one time, the one scheduled first happens first. */
  sequence: number;
  readonly kind: EventKind;
  readonly scope: Scope;
  readonly run: (subject: never) => void;
  readonly subject: unknown;
  cancelled: boolean;
}

/** A binary heap of events, ordered by time and then by sequence: one total order, whatever the load. */
export class EventQueue {
  readonly #heap: ScheduledEvent[] = [];

  get size(): number {
    return this.#heap.length;
  }

  peek(): ScheduledEvent | undefined {
    return this.#heap[0];
  }

  push(event: ScheduledEvent): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as ScheduledEvent;
      if (isBefore(above, event)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = event;
  }

  pop(): ScheduledEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    this.#sink(last);
    return first;
  }

  /** Drops what will never run, so that timers that are armed and cancelled all the time do not pile up. */
  discard(unwanted: (event: ScheduledEvent) => boolean): void {
    const kept = this.#heap.filter((event) => !unwanted(event));
    this.#heap.length = 0;
    for (const event of kept) this.push(event);
  }

  #sink(event: ScheduledEvent): void {
    const heap = this.#heap;
    const size = heap.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, heap[child] as ScheduledEvent)) child++;
      const below = heap[child] as ScheduledEvent;
      if (isBefore(event, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = event;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}
