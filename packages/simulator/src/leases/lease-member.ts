import type { Host } from "@quorate/host";
import { silentLogger } from "@quorate/host";
import type { Replica, StateMachine } from "@quorate/replica";
import {
  decodeCommand,
  encodeCommand,
  LeaseKeeping,
  MemoryEngine,
  openStore,
  type CommandResult,
  type KeyValueStore,
  type Lease,
  type LeaseView,
  type MemoryRecords,
  type PlainCommand,
} from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import type { MachinePlace, OpenedMachine, Replicated } from "../replica/replicated.ts";
import { around } from "../stand-in.ts";
import type { BrokenLeases } from "./broken-leases.ts";
import type { LeaseBook } from "./lease-book.ts";

/** What a write to the state's engine takes, in ms; until then a crash takes it. */
const engineWriteMs = 1;

/** One start of a member, as clients and checkers see it. */
export interface LeaseMember {
  readonly store: KeyValueStore;
  /** Undefined until the member is open. */
  keeping: LeaseKeeping | undefined;
}

export interface LeasePlan {
  readonly checkpointMs: number;
  readonly timeoutMs: number;
}

type Opened = (error: Error | undefined, opened: OpenedMachine<LeaseMember, CommandResult>) => void;

/** Members that replicate the production store, and keep the time of its leases as production members do. */
export class ReplicatedLeases implements Replicated<LeaseMember, CommandResult> {
  readonly #book: LeaseBook;
  readonly #broken: BrokenLeases;
  readonly #plan: LeasePlan;
  /** The engine of each member's last start: what its completed writes made outlives a crash. */
  readonly #engines = new Map<number, MemoryEngine>();
  readonly #starts = new Map<number, { readonly host: Host; readonly member: LeaseMember }>();

  constructor(book: LeaseBook, plan: LeasePlan, broken: BrokenLeases) {
    this.#book = book;
    this.#plan = plan;
    this.#broken = broken;
  }

  open({ member: id, host }: MachinePlace, done: Opened): void {
    const engine = engineOn(host, this.#engines.get(id)?.durableCopy());
    this.#engines.set(id, engine);
    openStore({ engine, timers: host.timers }, (error, store) => {
      if (store === undefined) return done(error ?? new Error("no store"), undefined as never);
      const member: LeaseMember = { store, keeping: undefined };
      this.#starts.set(id, { host, member });
      done(undefined, { machine: this.#watched(id, store), state: member });
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
    member.keeping = new LeaseKeeping(this.#broken.parts?.(parts) ?? parts);
    return replica;
  };

  isSame(one: LeaseMember, other: LeaseMember): boolean {
    return one.store.revision === other.store.revision && shown(one.store.leases) === shown(other.store.leases);
  }

  /** The store, whose commands are looked at as they are applied, one at a time. */
  #watched(id: number, store: KeyValueStore): StateMachine<CommandResult> {
    let last = shown(store.leases);
    return around<StateMachine<CommandResult>>(store, {
      apply: (commands, done) => {
        const results: CommandResult[] = [];
        const next = (): void => {
          const committed = commands[results.length];
          if (committed === undefined) return done(undefined, results);
          const { leases } = store;
          if (shown(leases) !== last) {
            throw new SafetyViolation("leases", `those of member ${id} changed, and no entry of the log said so`);
          }
          const { index, term } = committed;
          const drawn = decodeCommand(committed.command) as PlainCommand;
          const command = this.#broken.command?.(drawn, term, leases) ?? drawn;
          const before = new Map(Array.from(leases.all(), (lease) => [lease.id, withKeys(lease, leases)] as const));
          store.apply([{ index, term, command: encodeCommand(command) }], (error, [result]) => {
            if (error !== undefined) return done(error, []);
            last = shown(leases);
            results.push(result as CommandResult);
            const gone = [...before.values()].filter(
              ({ lease }) => leases.get(lease.id)?.grantedAt !== lease.grantedAt,
            );
            const come = [...leases.all()].filter((lease) => before.get(lease.id)?.lease.grantedAt !== lease.grantedAt);
            const applied = { member: id, index, command, result: result as CommandResult, come };
            this.#book.applied({ ...applied, gone: gone.map(({ lease }) => lease) });
            for (const { lease, keys } of gone) for (const key of keys) assertGone(store, id, lease, key);
            next();
          });
        };
        next();
      },
    });
  }
}

function engineOn({ timers }: Host, contents: MemoryRecords | undefined): MemoryEngine {
  return new MemoryEngine({
    schedule: (callback) => timers.endOfTurn(callback),
    scheduleWrite: (callback) => timers.after(engineWriteMs, callback),
    ...(contents === undefined ? {} : { contents }),
  });
}

function withKeys(lease: Lease, leases: LeaseView): { readonly lease: Lease; readonly keys: readonly Uint8Array[] } {
  return { lease, keys: [...leases.keysOf(lease.id)] };
}

/** The leases of one state, as text: the same for the same. */
function shown(leases: LeaseView): string {
  const texts = Array.from(leases.all(), ({ id, ttl, remaining, grantedAt }) => {
    const keys = Array.from(leases.keysOf(id), String).sort((left, right) => (left < right ? -1 : 1));
    return `${id} ${ttl} ${remaining} ${grantedAt} ${keys.join(" ")}`;
  });
  return texts.sort((left, right) => (left < right ? -1 : 1)).join("; ");
}

/** A key of a lease that has ended is not there, unless it was put again by the same command: none does. */
function assertGone(store: KeyValueStore, member: number, lease: Lease, key: Uint8Array): void {
  const revision = 0;
  const options = { limit: 0, sortOrder: "none", sortTarget: "key", keysOnly: true, countOnly: true } as const;
  const bounds = { minModRevision: 0, maxModRevision: 0, minCreateRevision: 0, maxCreateRevision: 0 };
  store.range({ type: "range", range: { key, end: undefined }, revision, ...options, ...bounds }, (error, read) => {
    if (error !== undefined || !read.ok || read.result.count === 0) return;
    throw new SafetyViolation("leases", `lease ${lease.id} ended on member ${member}, and a key of it is still there`);
  });
}
