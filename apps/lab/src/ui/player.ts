import { batch, signal, type Signal } from "@preact/signals";
import { describeAction } from "../world/describe-action.ts";
import { maxActions, supersedes, type LabAction, type TimedAction } from "../world/lab-action.ts";
import type { LabRun } from "../world/lab-run.ts";
import { eventAt, type Tape } from "../world/tape.ts";
import { makeWorld, type WatchedWorld } from "../world/watched-world.ts";

/** How much of a run is there beyond what is shown, in µs: so that playing on waits for nothing. */
const aheadMicros = 200_000;

/** One world on the screen, and the moment of it that is shown. Everything can be undone by going back. */
export class Player {
  readonly #world: Signal<WatchedWorld>;
  readonly #tape: Signal<Tape>;
  /** Virtual time that is shown, in µs. */
  readonly now = signal(0);
  /** How far into the events of this very µs it is shown, as a place on the tape; undefined for all of them. */
  readonly #place = signal<number | undefined>(undefined);
  /** Which run the reader acted in, of each that came of it: with all that came later there. */
  readonly #forkedFrom = new WeakMap<LabRun, LabRun>();
  /** The last thing that was done, for those who hear the page. */
  readonly said = signal("");
  /** Where not everything may be done: why this may not be, after that; undefined where it may. */
  terms: ((action: LabAction, done: readonly TimedAction[]) => string | undefined) | undefined;

  /** What is worth seeing, of which list of events, and how many of them were looked at. */
  #notable: { readonly of: Tape["events"]; readonly events: number; readonly at: readonly number[] } = {
    of: [],
    events: 0,
    at: [],
  };

  /** `world` is that of `run`, where somebody has made it already. */
  constructor(run: LabRun, at = 0, world = makeWorld(run)) {
    this.#world = signal(world);
    this.#tape = signal(world.tape);
    this.show(Math.max(at, at === 0 ? world.beganAt : 0));
  }

  get run(): LabRun {
    return this.#world.value.run;
  }

  get tape(): Tape {
    return this.#tape.value;
  }

  /** Why the world can go no further than its last event, if that is so. */
  get end(): string | undefined {
    return this.#world.value.end;
  }

  /** Why the reader can do nothing to this world; undefined where he can. */
  get untouchable(): string | undefined {
    return this.#world.value.untouchable;
  }

  /** When what is worth seeing began, in µs. */
  get beganAt(): number {
    return this.#world.value.beganAt;
  }

  get electionTimeoutMs(): number {
    return this.#world.value.electionTimeoutMs;
  }

  /** When what is worth seeing happened, in µs: the same array until more has happened. */
  get notable(): readonly number[] {
    const { events } = this.tape;
    const known = this.#notable.of === events ? this.#notable : { events: 0, at: [] };
    // A tape grows with each frame that is played: only what is new is looked at.
    const added = events.slice(known.events).filter(({ isNotable }) => isNotable);
    const at = added.length === 0 ? known.at : [...known.at, ...added.map((event) => event.at)];
    this.#notable = { of: events, events: events.length, at };
    return at;
  }

  /** The place of the last event that has happened; -1 before the first. */
  get event(): number {
    return this.#place.value ?? eventAt(this.tape, this.now.value);
  }

  /** Shows this moment, and lets the world go as far as that first. */
  show(micros: number): void {
    const world = this.#world.value;
    const wanted = Math.max(0, micros);
    if (world.end === undefined && wanted + aheadMicros / 2 > world.tape.endMicros) {
      world.advance(wanted + aheadMicros);
      this.#tape.value = world.tape;
    }
    const last = world.end === undefined ? wanted : Math.min(wanted, world.tape.endMicros);
    batch(() => {
      this.now.value = last;
      this.#place.value = undefined;
    });
  }

  /** Shows what is so after this event, and before the next, though it be at the same µs; -1 for before the first. */
  showEvent(place: number): void {
    const event = this.tape.events[place];
    if (event === undefined && place !== -1) return;
    batch(() => {
      this.show(event?.at ?? 0);
      this.#place.value = place;
    });
  }

  /** One event on or back. */
  step(by: 1 | -1): void {
    const next = this.event + by;
    if (next >= this.tape.events.length) this.show(this.now.value + aheadMicros);
    else if (next >= -1) this.showEvent(next);
  }

  /** The next thing worth seeing, or the one before. */
  skip(by: 1 | -1): void {
    const { events, endMicros } = this.tape;
    let place = this.event + by;
    while (place >= 0 && place < events.length && events[place]?.isNotable !== true) place += by;
    if (place >= 0 && place < events.length) this.showEvent(place);
    else if (by === 1) this.show(Math.max(this.now.value, endMicros));
    else this.show(this.beganAt);
  }

  /** Why this may never be done here, whatever was done before; undefined where it may. */
  forbids(action: LabAction): string | undefined {
    return this.terms?.(action, []);
  }

  /** The reader does something at this moment: from here on another history begins. */
  act(action: LabAction): void {
    if (this.untouchable !== undefined) {
      this.said.value = this.untouchable;
      return;
    }
    // Down to the µs that has begun: what comes within it has not happened yet.
    const at = Math.floor(this.now.value);
    const { run } = this;
    const kept = run.actions.filter((one) => one.at <= at);
    if (kept.length >= maxActions) {
      this.said.value = `a run takes ${maxActions} actions at most`;
      return;
    }
    const { setup } = run;
    const last = kept.at(-1);
    const isOne = last !== undefined && last.at === at && supersedes(action, last.action);
    const before = isOne ? kept.slice(0, -1) : kept;
    const refused = this.terms?.(action, before);
    if (refused !== undefined) {
      this.said.value = refused;
      return;
    }
    const actions = [...before, { at, action }];
    const isLeaving = setup.kind !== "free" && setup.leftAt === undefined;
    const made = { ...run, setup: isLeaving ? { ...setup, leftAt: at } : setup, actions };
    this.#forkedFrom.set(made, (isOne ? this.#forkedFrom.get(run) : undefined) ?? run);
    this.#become(made, at);
    this.said.value = describeAction(action);
  }

  /** What the reader did last, if anything. */
  get lastAction(): TimedAction | undefined {
    return this.run.actions.at(-1);
  }

  /** The last action was never done, and what it was done in place of comes after all; what is shown stays the same moment. */
  undo(): void {
    const { run, lastAction } = this;
    if (lastAction === undefined) return;
    const before = this.#forkedFrom.get(run) ?? { ...run, actions: run.actions.slice(0, -1) };
    this.#become(before, this.now.value);
    this.said.value = `Taken back: ${describeAction(lastAction.action)}`;
  }

  /** Another run takes this one's place. */
  become(run: LabRun, at?: number): void {
    this.#become(run, at);
  }

  #become(run: LabRun, at: number | undefined): void {
    batch(() => {
      const world = makeWorld(run);
      this.#world.value = world;
      this.#tape.value = world.tape;
      this.show(at ?? world.beganAt);
    });
  }
}
