import {
  encodeCommand,
  openStore,
  type Engine,
  type EngineHome,
  type KeyValueStore,
  type ScrubReport,
  type StateSink,
  type StateSource,
  type StoreCommand,
  type StateTransfer,
} from "@quorate/store";

/** What a store holds, as far as this is to be compared. */
export interface SeenState {
  readonly index: number;
  readonly revision: number;
  readonly keyCount: number;
  readonly hash: number;
  readonly members: readonly unknown[];
}

type Completion<T> = (error: Error | undefined, value: T) => void;

function settled<T>(start: (done: Completion<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

const timers = { afterPendingInput: (callback: () => void): void => void setImmediate(callback) };

/** A store in an engine home, with promises around it. */
export class StoreOfHome {
  readonly #store: KeyValueStore;
  #index: number;

  constructor(store: KeyValueStore) {
    this.#store = store;
    this.#index = store.restored.index;
  }

  static async open(home: EngineHome): Promise<StoreOfHome> {
    const engine = await settled<Engine>((done) => home.open(done));
    const options = { engine, home, timers, limits: { minBlockKeys: 64, receiveBatchBytes: 50_000 } };
    const store = await settled<KeyValueStore | undefined>((done) => openStore(options, done)).catch(
      async (error: unknown) => {
        await settled<void>((done) => engine.close(() => done(undefined, undefined)));
        throw error;
      },
    );
    return new StoreOfHome(store as KeyValueStore);
  }

  /** Applies commands and makes them durable. */
  async apply(commands: readonly StoreCommand[]): Promise<void> {
    const committed = commands.map((command) => ({ index: ++this.#index, term: 1, command: encodeCommand(command) }));
    await settled((done) => this.#store.apply(committed, done));
    await settled<void>((done) =>
      this.#store.checkpoint({ index: this.#index, term: 1 }, (error) => done(error, undefined)),
    );
  }

  point(): Uint8Array {
    return this.#transfer().point();
  }

  /** Brings another store's state here, whole or from its point on. */
  async sendTo(receiver: StoreOfHome, since: Uint8Array | undefined): Promise<{ isIncrement: boolean }> {
    const source = await settled<StateSource>((done) => this.#transfer().open(since, done));
    const sink = await settled<StateSink>((done) => receiver.#transfer().receive(source.header, done));
    if (sink.resumeToken.length > 0) {
      await settled<void>((done) => source.seek(sink.resumeToken, (error) => done(error, undefined)));
    }
    for (;;) {
      const chunk = await settled<Uint8Array | undefined>((done) => source.next(done));
      if (chunk === undefined) break;
      await settled<void>((done) => sink.write(chunk, (error) => done(error, undefined)));
    }
    source.close();
    const { index } = await settled<{ index: number }>((done) => sink.install(done));
    receiver.#index = index;
    return { isIncrement: source.isIncrement };
  }

  async seen(): Promise<SeenState> {
    const { checkpointed, revision, keyCount, members } = this.#store;
    const answer = await settled<{ ok: boolean; result?: { hash: number } }>((done) => this.#store.hash(0, done));
    const hash = answer.result?.hash ?? -1;
    return { index: checkpointed.index, revision, keyCount, hash, members: [...members] };
  }

  /** Reads and checks everything; gives the damage, if any. */
  async damage(): Promise<Error | undefined> {
    const report = await settled<ScrubReport | undefined>((done) => this.#store.scrub({ records: 0, bytes: 0 }, done));
    return report?.damage;
  }

  close(): Promise<void> {
    return settled((done) => this.#store.close((error) => done(error, undefined)));
  }

  #transfer(): StateTransfer {
    const { transfer } = this.#store;
    if (transfer === undefined) throw new Error("a store without a home transfers nothing");
    return transfer;
  }
}
