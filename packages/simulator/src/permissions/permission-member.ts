import type { StateMachine } from "@quorate/replica";
import {
  decodeCommand,
  encodeCommand,
  openStore,
  type CommandResult,
  type KeyValueStore,
  type StoreCommand,
} from "@quorate/store";
import type { MachinePlace, OpenedMachine, Replicated } from "../replica/replicated.ts";
import { StateHomes } from "../replica/state-homes.ts";
import { around } from "../stand-in.ts";
import { shownAuth, type PermissionBook } from "./permission-book.ts";

/** What is broken in members on purpose, to see that it is noticed. */
export interface BrokenPermissions {
  /** In place of a command that the log holds, as its member applies it. */
  readonly command?: (command: StoreCommand, store: KeyValueStore) => StoreCommand;
}

type Opened = (error: Error | undefined, opened: OpenedMachine<KeyValueStore, CommandResult>) => void;

/** Members that replicate the production store, with its users and permissions. */
export class ReplicatedPermissions implements Replicated<KeyValueStore, CommandResult> {
  readonly #book: PermissionBook;
  readonly #broken: BrokenPermissions;
  readonly beside = new StateHomes();

  constructor(book: PermissionBook, broken: BrokenPermissions) {
    this.#book = book;
    this.#broken = broken;
  }

  open({ member, host }: MachinePlace, done: Opened): void {
    const home = this.beside.begin(member, host);
    home.open((error, engine) => {
      if (error !== undefined) return done(error, undefined as never);
      const limits = { minBlockKeys: 2, receiveBatchBytes: 2000 };
      openStore({ engine, home, timers: host.timers, limits }, (error, store) => {
        if (store === undefined) return done(error ?? new Error("no store"), undefined as never);
        done(undefined, { machine: this.#watched(member, store), state: store });
      });
    });
  }

  isSame(one: KeyValueStore, other: KeyValueStore): boolean {
    return shownAuth(one) === shownAuth(other);
  }

  #watched(member: number, store: KeyValueStore): StateMachine<CommandResult> {
    return around<StateMachine<CommandResult>>(store, {
      apply: (commands, done) => {
        const results: CommandResult[] = [];
        const next = (): void => {
          const committed = commands[results.length];
          if (committed === undefined) return done(undefined, results);
          const held = decodeCommand(committed.command);
          const applied = this.#broken.command?.(held, store) ?? held;
          store.apply([{ ...committed, command: encodeCommand(applied) }], (error, [result]) => {
            if (error !== undefined) return done(error, []);
            results.push(result as CommandResult);
            this.#book.applied(member, committed.index, held, result as CommandResult);
            next();
          });
        };
        next();
      },
    });
  }
}
