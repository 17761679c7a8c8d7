import {
  encodeCommand,
  MemoryEngine,
  openStore,
  type CommandResult,
  type Engine,
  type EngineHome,
  type KeyValueStore,
  type Lease,
  type MemoryRecords,
  type Pace,
  type RangeOperation,
  type RangeResult,
  type ReadResult,
  type StateHash,
  type StoreCommand,
  type StoreLimits,
  type TxnOperation,
  type TxnResult,
  type WatchLimits,
} from "@quorate/store";

/** The timers of a world where everything that is due happens at once, but never inside of the call. */
export const timers = { afterPendingInput: (callback: () => void): unknown => setImmediate(callback) };

export function memoryEngine(contents?: MemoryRecords): MemoryEngine {
  const schedule = (callback: () => void): void => queueMicrotask(callback);
  return new MemoryEngine(contents === undefined ? { schedule } : { schedule, contents });
}

export function promised<T>(start: (done: (error: Error | undefined, value: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) =>
    start((error, value) => (error === undefined ? resolve(value) : reject(error))),
  );
}

/** A store with promises around it. It numbers the commands as the log does: from 1, all of term 1. */
export class StoreDriver {
  readonly store: KeyValueStore;
  #index: number;

  constructor(store: KeyValueStore) {
    this.store = store;
    this.#index = store.restored.index;
  }

  static async open(
    engine: Engine,
    limits: Partial<StoreLimits> = {},
    background?: Pace,
    watchLimits: Partial<WatchLimits> = {},
  ): Promise<StoreDriver> {
    const options = { engine, timers, limits, watchLimits, ...(background === undefined ? {} : { background }) };
    const store = await promised<KeyValueStore | undefined>((done) => openStore(options, done));
    return new StoreDriver(store as KeyValueStore);
  }

  /** Opens what lies in a home, which the store may then put another state into. */
  static async openHome(home: EngineHome, limits: Partial<StoreLimits> = {}, lineage = 0): Promise<StoreDriver> {
    const engine = await promised<Engine>((done) => home.open(done));
    const store = await promised<KeyValueStore | undefined>((done) =>
      openStore({ engine, home, timers, limits, lineage }, done),
    );
    return new StoreDriver(store as KeyValueStore);
  }

  get index(): number {
    return this.#index;
  }

  /** The store took a state that stands here. */
  standAt(index: number): void {
    this.#index = index;
  }

  async apply(...commands: StoreCommand[]): Promise<readonly CommandResult[]> {
    const committed = commands.map((command) => ({ index: ++this.#index, term: 1, command: encodeCommand(command) }));
    return promised((done) => this.store.apply(committed, done));
  }

  /** The outcome of one command. */
  async run(command: StoreCommand): Promise<CommandResult> {
    return (await this.apply(command))[0] as CommandResult;
  }

  checkpoint(): Promise<void> {
    return promised((done) =>
      this.store.checkpoint({ index: this.#index, term: 1 }, (error) => done(error, undefined)),
    );
  }

  range(operation: RangeOperation): Promise<ReadResult<RangeResult>> {
    return promised((done) => this.store.range(operation, done));
  }

  /** What a range finds; fails the test when it is refused. */
  async found(operation: RangeOperation): Promise<RangeResult> {
    const answer = await this.range(operation);
    if (!answer.ok) throw new Error(`refused: ${answer.refusal}`);
    return answer.result;
  }

  readTxn(operation: TxnOperation): Promise<ReadResult<TxnResult>> {
    return promised((done) => this.store.readTxn(operation, done));
  }

  async hash(revision = 0): Promise<StateHash> {
    const answer = await promised<ReadResult<StateHash>>((done) => this.store.hash(revision, done));
    if (!answer.ok) throw new Error(`refused: ${answer.refusal}`);
    return answer.result;
  }

  close(): Promise<void> {
    return promised((done) => this.store.close((error) => done(error, undefined)));
  }
}

/** The leases of a store, each with its keys in hexadecimal, in their order. */
export function leasesIn({ store: { leases } }: StoreDriver): readonly unknown[] {
  const hex = (key: Uint8Array): string => Buffer.from(key).toString("hex");
  return Array.from(leases.all(), (lease) => withKeys(lease, Array.from(leases.keysOf(lease.id), hex).sort()));
}

/** A lease in the form of `leasesIn`. */
export function withKeys(lease: Lease, keys: readonly string[]): unknown {
  return { ...lease, keys };
}
