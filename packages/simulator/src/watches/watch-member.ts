import type { StateMachine } from "@quorate/replica";
import { decodeCommand, openStore, type CommandResult, type KeyValueStore, type PlainCommand } from "@quorate/store";
import type { MachinePlace, OpenedMachine, Replicated } from "../replica/replicated.ts";
import { StateHomes } from "../replica/state-homes.ts";
import { around } from "../stand-in.ts";
import type { BrokenWatches } from "./broken-watches.ts";
import type { WatchBook } from "./watch-book.ts";

/** Bounds so small that every run comes by them. */
export interface WatchStoreLimits {
  readonly maxJournalBytes: number;
  readonly maxWatcherEvents: number;
  /** False: checkpoints only in their time, so that members that come back lack more, and are sent states more often. */
  readonly checkpointsWhenCompacted: boolean;
}

type Opened = (error: Error | undefined, opened: OpenedMachine<KeyValueStore, CommandResult>) => void;

/** Members that replicate the production store, with its watches; it can be sent to others. */
export class ReplicatedWatches implements Replicated<KeyValueStore, CommandResult> {
  readonly #book: WatchBook;
  readonly #limits: WatchStoreLimits;
  readonly #broken: BrokenWatches;
  statesTaken = 0;
  readonly beside = new StateHomes();

  constructor(book: WatchBook, limits: WatchStoreLimits, broken: BrokenWatches) {
    this.#book = book;
    this.#limits = limits;
    this.#broken = broken;
  }

  open({ member, host }: MachinePlace, done: Opened): void {
    const home = this.beside.begin(member, host);
    const { maxJournalBytes, maxWatcherEvents } = this.#limits;
    home.open((error, engine) => {
      if (error !== undefined) return done(error, undefined as never);
      const limits = { maxJournalBytes, minBlockKeys: 2, receiveBatchBytes: 2000 };
      const watchLimits = { maxWatcherEvents };
      openStore({ engine, home, timers: host.timers, limits, watchLimits }, (error, store) => {
        if (store === undefined) return done(error ?? new Error("no store"), undefined as never);
        const { watches } = store;
        this.#broken.hub?.(watches);
        const replaced = watches.replaced.bind(watches);
        watches.replaced = () => {
          if (watches.counts.watchers > 0) this.statesTaken++;
          replaced();
        };
        done(undefined, { machine: this.#watched(member, store), state: store });
      });
    });
  }

  isSame(one: KeyValueStore, other: KeyValueStore): boolean {
    return one.revision === other.revision && one.compactedRevision === other.compactedRevision;
  }

  /** The store, which is given one command at a time: the book has it before any watch hears of it. */
  #watched(member: number, store: KeyValueStore): StateMachine<CommandResult> {
    return around<StateMachine<CommandResult>>(store, {
      ...(this.#limits.checkpointsWhenCompacted ? {} : { wantsCheckpoint: false }),
      apply: (commands, done) => {
        const results: CommandResult[] = [];
        const next = (): void => {
          const committed = commands[results.length];
          if (committed === undefined) return done(undefined, results);
          store.apply([committed], (error, [result]) => {
            if (error !== undefined) return done(error, []);
            results.push(result as CommandResult);
            const command = decodeCommand(committed.command) as PlainCommand;
            this.#book.applied(member, committed.index, command, result as CommandResult);
            next();
          });
        };
        next();
      },
    });
  }
}
