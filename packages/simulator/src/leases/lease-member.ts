import type { Host } from "@quorate/host";
import { silentLogger } from "@quorate/host";
import type { Replica, StateMachine } from "@quorate/replica";
import {
  decodeCommand,
  encodeCommand,
  LeaseKeeping,
  openStore,
  type CommandResult,
  type KeyValueStore,
  type PlainCommand,
  type RangeResult,
} from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import type { MachinePlace, OpenedMachine, Replicated } from "../replica/replicated.ts";
import { StateHomes } from "../replica/state-homes.ts";
import { around } from "../stand-in.ts";
import type { BrokenLeases } from "./broken-leases.ts";
import type { LeaseBook } from "./lease-book.ts";
import { shownLeases, textOf, type EndedLease } from "./lease-model.ts";

/** One start of a member, as clients and checkers see it. */
export interface LeaseMember {
  readonly store: KeyValueStore;
  /** Undefined until the member is open. */
  keeping: LeaseKeeping | undefined;
}

export interface LeasePlan {
  readonly checkpointMs: number;
  readonly timeoutMs: number;
  readonly maxJournalBytes: number;
}

type Opened = (error: Error | undefined, opened: OpenedMachine<LeaseMember, CommandResult>) => void;

/** Members that replicate the production store, and keep the time of its leases as production members do. */
export class ReplicatedLeases implements Replicated<LeaseMember, CommandResult> {
  readonly #book: LeaseBook;
  readonly #broken: BrokenLeases;
  readonly #plan: LeasePlan;
  readonly beside = new StateHomes();
  readonly #starts = new Map<number, { readonly host: Host; readonly member: LeaseMember }>();

  constructor(book: LeaseBook, plan: LeasePlan, broken: BrokenLeases) {
    this.#book = book;
    this.#plan = plan;
    this.#broken = broken;
  }

  open({ member: id, host }: MachinePlace, done: Opened): void {
    const home = this.beside.begin(id, host);
    home.open((error, engine) => {
      if (error !== undefined) return done(error, undefined as never);
      const limits = { maxJournalBytes: this.#plan.maxJournalBytes, minBlockKeys: 2, receiveBatchBytes: 2000 };
      openStore({ engine, home, timers: host.timers, limits }, (error, store) => {
        if (store === undefined) return done(error ?? new Error("no store"), undefined as never);
        const member: LeaseMember = { store, keeping: undefined };
        this.#starts.set(id, { host, member });
        this.#look(id, store, store.restored.index);
        const replaced = store.watches.replaced.bind(store.watches);
        store.watches.replaced = () => {
          this.#broken.replaced?.(store.leases);
          this.#book.counts.statesTaken++;
          this.#look(id, store, store.checkpointed.index);
          replaced();
        };
        done(undefined, { machine: this.#watched(id, store), state: member });
      });
    });
  }

  readonly around = (replica: Replica<CommandResult>): Replica<CommandResult> => {
    const { host, member } = this.#starts.get(replica.status.memberId) as { host: Host; member: LeaseMember };
    const { checkpointMs, timeoutMs } = this.#plan;
    const parts = {
      replica,
      leases: () => member.store.leases,
      encode: encodeCommand,
      clock: host.clock,
      timers: host.timers,
      logger: silentLogger,
      timeoutMs,
      checkpointMs,
    };
    const keeping = new LeaseKeeping(this.#broken.parts?.(parts) ?? parts);
    member.keeping = this.#broken.keeping?.(keeping) ?? keeping;
    return replica;
  };

  isSame({ store: one }: LeaseMember, { store: other }: LeaseMember): boolean {
    return one.revision === other.revision && shownLeases(one.leases) === shownLeases(other.leases);
  }

  /** A state that this member found at its start, or was sent: its leases, and its keys as far as they can be read. */
  #look(id: number, store: KeyValueStore, index: number): void {
    this.#book.found(id, index, shownLeases(store.leases));
    readKeys(store, undefined, ({ items }) => {
      const keys = items.map(({ key, lease }) => `${textOf(key)} ${lease}`);
      this.#book.foundKeys(id, index, keys.join("; "));
    });
  }

  /** The store, whose commands are looked at as they are applied, one at a time. */
  #watched(id: number, store: KeyValueStore): StateMachine<CommandResult> {
    return around<StateMachine<CommandResult>>(store, {
      apply: (commands, done) => {
        const results: CommandResult[] = [];
        const next = (): void => {
          const committed = commands[results.length];
          if (committed === undefined) return done(undefined, results);
          const { index, term } = committed;
          const command = decodeCommand(committed.command) as PlainCommand;
          const applied = this.#broken.command?.(command, term, store.leases) ?? command;
          store.apply([{ index, term, command: encodeCommand(applied) }], (error, [result]) => {
            if (error !== undefined) return done(error, []);
            results.push(result as CommandResult);
            const after = shownLeases(store.leases);
            const told = { member: id, index, term, command, result: result as CommandResult, after };
            for (const ended of this.#book.applied(told)) assertGone(store, id, ended);
            next();
          });
        };
        next();
      },
    });
  }
}

/** Keys of a lease that has ended are not there, unless they were put again by the same command: none does. */
function assertGone(store: KeyValueStore, member: number, { lease, keys }: EndedLease): void {
  for (const key of keys) {
    readKeys(store, key, ({ count }) => {
      if (count === 0) return;
      throw new SafetyViolation("leases", `lease ${lease.id} ended on member ${member}, and key ${key} is still there`);
    });
  }
}

/** One key, or all, as they are at this moment; nothing where the state is replaced or damaged meanwhile. */
function readKeys(store: KeyValueStore, key: string | undefined, found: (read: RangeResult) => void): void {
  const { revision } = store;
  const zero = Uint8Array.of(0);
  const range =
    key === undefined
      ? { key: zero, end: zero }
      : { key: Uint8Array.from(key, (character) => character.charCodeAt(0)), end: undefined };
  const options = { limit: 0, sortOrder: "none", sortTarget: "key", keysOnly: true, countOnly: false } as const;
  const bounds = { minModRevision: 0, maxModRevision: 0, minCreateRevision: 0, maxCreateRevision: 0 };
  store.range({ type: "range", range, revision, ...options, ...bounds }, (error, read) => {
    if (error === undefined && read.ok && read.revision === revision) found(read.result);
  });
}
