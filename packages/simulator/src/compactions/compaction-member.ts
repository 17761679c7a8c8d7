import type { MemberId } from "@quorate/raft";
import type { StateMachine } from "@quorate/replica";
import {
  decodeCommand,
  encodeCommand,
  MemoryEngine,
  openStore,
  type CommandResult,
  type Engine,
  type EngineRecord,
  type KeyValueStore,
  type MemoryHome,
  type PlainCommand,
} from "@quorate/store";
import type { MachinePlace, OpenedMachine, Replicated } from "../replica/replicated.ts";
import { StateHomes } from "../replica/state-homes.ts";
import { around } from "../stand-in.ts";
import type { CompactionBook } from "./compaction-book.ts";

/** What is broken in members on purpose, to see that it is noticed. */
export interface BrokenCompaction {
  /** In place of a command that the log holds, as its member applies it. */
  readonly command?: (command: PlainCommand, store: KeyValueStore, member: MemberId) => PlainCommand;
  /** In place of the engine that the store gets. */
  readonly engine?: (engine: Engine) => Engine;
}

type Opened = (error: Error | undefined, opened: OpenedMachine<KeyValueStore, CommandResult>) => void;

/** Members that replicate the production store, with tiny bounds, so that every run removes in many batches and prunes its journal. */
export class ReplicatedCompaction implements Replicated<KeyValueStore, CommandResult> {
  readonly #book: CompactionBook;
  readonly #broken: BrokenCompaction;
  readonly #limits: { readonly maxJournalBytes: number; readonly changeLookupBytes: number };
  readonly beside = new StateHomes();

  constructor(
    book: CompactionBook,
    limits: { readonly maxJournalBytes: number; readonly changeLookupBytes: number },
    broken: BrokenCompaction,
  ) {
    this.#book = book;
    this.#limits = limits;
    this.#broken = broken;
  }

  open({ member, host }: MachinePlace, done: Opened): void {
    const home = this.beside.begin(member, host);
    home.open((error, sound) => {
      if (error !== undefined) return done(error, undefined as never);
      const engine = this.#broken.engine?.(sound) ?? sound;
      const limits = { ...this.#limits, minBlockKeys: 2, receiveBatchBytes: 2000, removalBatchVersions: 2 };
      openStore({ engine, home, timers: host.timers, limits }, (error, store) => {
        if (store === undefined) return done(error ?? new Error("no store"), undefined as never);
        done(undefined, { machine: this.#watched(member, store), state: store });
      });
    });
  }

  isSame(one: KeyValueStore, other: KeyValueStore): boolean {
    return one.revision === other.revision && one.compactedRevision === other.compactedRevision;
  }

  /** Looks at what lies in every member's engine. @throws SafetyViolation */
  checkEngines(): void {
    for (const [member, home] of this.beside.all()) {
      const versions = new Map<string, { revision: number; isPut: boolean }[]>();
      const view = new DataView(new ArrayBuffer(8));
      for (const { key } of recordsOf(home, "h")) {
        const end = key.length - 9;
        new Uint8Array(view.buffer).set(key.subarray(end, end + 8));
        const name = String.fromCharCode(...key.subarray(1, end));
        const all = versions.get(name) ?? [];
        versions.set(name, [...all, { revision: Number(view.getBigUint64(0)), isPut: key[end + 8] === 1 }]);
      }
      const [record] = recordsOf(home, "c");
      this.#book.kept(member, record === undefined ? 0 : firstVarint(record.value), versions);
    }
  }

  #watched(member: MemberId, store: KeyValueStore): StateMachine<CommandResult> {
    return around<StateMachine<CommandResult>>(store, {
      apply: (commands, done) => {
        const results: CommandResult[] = [];
        const next = (): void => {
          const committed = commands[results.length];
          if (committed === undefined) return done(undefined, results);
          const held = decodeCommand(committed.command) as PlainCommand;
          const applied = this.#broken.command?.(held, store, member) ?? held;
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

/** Everything of one kind (docs/store.md) that a home holds durably. */
function recordsOf(home: MemoryHome, kind: string): readonly EngineRecord[] {
  const { inUse } = home.durableCopy();
  if (inUse === undefined) return [];
  const engine = new MemoryEngine({ schedule: (callback) => callback(), contents: inUse });
  const prefix = kind.charCodeAt(0);
  const iterator = engine.snapshot().iterate({ from: Uint8Array.of(prefix), to: Uint8Array.of(prefix + 1) });
  let records: readonly EngineRecord[] = [];
  iterator.next(1_000_000, (_error, found) => {
    records = found;
  });
  return records;
}

function firstVarint(bytes: Uint8Array): number {
  let value = 0;
  for (const [at, byte] of bytes.entries()) {
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) break;
  }
  return value;
}
