import type { Callback, Done } from "@quorate/host";
import type { Engine } from "../engine.ts";
import type { EngineHome } from "../engine-home.ts";
import type { StoreLimits } from "../limits.ts";
import { loadBlocks, type LiveState } from "../load-state.ts";
import type { Replacement } from "../replacement.ts";
import { attempt, type Pause } from "../steps.ts";
import { beginInstallation, finishInstallation } from "./increment-installation.ts";
import type { StateSink, StateSource, StateTransfer } from "./interface.ts";
import { receiveState } from "./receiving.ts";
import { decodeHeader, encodePoint, invalidTransfer, type TransferHeader } from "./transfer-codec.ts";
import type { InstallStaged } from "./whole-sink.ts";

export interface StoreTransferParts {
  readonly home: EngineHome;
  readonly limits: StoreLimits;
  readonly pause: Pause;
  readonly lineage: number;
  readonly replacement: Replacement;
  /** Nothing is applied and no checkpoint is written. */
  readonly isIdle: () => boolean;
  readonly open: StateTransfer["open"];
}

/** A store's states on their way in and out. */
export class StoreTransfer implements StateTransfer {
  readonly #parts: StoreTransferParts;
  #isReceiving = false;
  #sink: StateSink | undefined;

  constructor(parts: StoreTransferParts) {
    this.#parts = parts;
  }

  point(): Uint8Array {
    const { revision, position } = this.#parts.replacement.live.record;
    return encodePoint({ revision, position });
  }

  open(since: Uint8Array | undefined, done: Callback<StateSource>): void {
    this.#parts.open(since, done);
  }

  receive(bytes: Uint8Array, done: Callback<StateSink>): void {
    if (this.#isReceiving)
      return done(invalidTransfer("another one is being received: end that one first"), undefined as never);
    const decoded = attempt(() => decodeHeader(bytes));
    if (decoded.error !== undefined) return done(decoded.error, undefined as never);
    const header = decoded.value;
    if (header.lineage !== this.#parts.lineage) {
      return done(invalidTransfer("it is of another cluster, or of another time of this one"), undefined as never);
    }
    const { home, limits, pause, replacement } = this.#parts;
    this.#isReceiving = true;
    const ended = (): void => {
      this.#isReceiving = false;
      this.#sink = undefined;
    };
    receiveState(
      {
        home,
        header,
        present: replacement.live.record,
        limits,
        pause,
        exchange: (staging) => this.#install(header, exchangeEngines(home, staging)),
        apply: (staging, items) => this.#install(header, this.#applyIncrement(header, staging, items)),
        ended,
      },
      (error, sink) => {
        if (error !== undefined) ended();
        else this.#sink = sink;
        done(error, sink);
      },
    );
  }

  /** The store is being closed: what was received is kept. */
  end(done: () => void): void {
    if (this.#sink === undefined) done();
    else this.#sink.abort(true, () => done());
  }

  #install(header: TransferHeader, change: (present: LiveState, done: Callback<Engine>) => void): InstallStaged {
    return (prepare, done) => {
      const { replacement, isIdle } = this.#parts;
      const { position, revision } = header.record;
      const { record, state } = replacement.live;
      if (!isIdle()) return done(invalidTransfer("commands are being applied, or a checkpoint is written"));
      if (position.index <= record.position.index || revision < state.revision) {
        const what = `this state has come to revision ${state.revision} already, and it only to ${revision}`;
        return done(invalidTransfer(what));
      }
      const prepared = (present: LiveState, changed: Callback<Engine>): void =>
        prepare((error) => (error === undefined ? change(present, changed) : changed(error, present.engine)));
      replacement.replace(prepared, (error) => {
        this.#isReceiving = false;
        this.#sink = undefined;
        done(error);
      });
    };
  }

  /** Adds an increment to the engine in use. What was applied and is in no checkpoint is in the increment too. */
  #applyIncrement(header: TransferHeader, staging: Engine, items: number) {
    const { home, limits, pause } = this.#parts;
    const { minBlockKeys } = limits;
    return ({ engine, record }: LiveState, done: Callback<Engine>): void => {
      const finish: Done = (error) => {
        if (error !== undefined) return staging.close(() => done(error, engine));
        staging.close((error) => {
          if (error !== undefined) return done(error, engine);
          home.discardStaging((error) => done(error, engine));
        });
      };
      loadBlocks(engine, pause, (error, blocks) => {
        if (error !== undefined) return finish(error);
        const increment = { target: header.record, keyCount: header.keyCount, items };
        beginInstallation(engine, record, increment, (error, begun) => {
          if (error !== undefined) return finish(error);
          finishInstallation({ engine, staging, blocks, minBlockKeys, pause }, begun, finish);
        });
      });
    };
  }
}

/** Closes both engines and puts the staged one in the place of the one in use. */
function exchangeEngines(home: EngineHome, staging: Engine) {
  return ({ engine }: LiveState, done: Callback<Engine>): void => {
    const fail = (error: Parameters<Done>[0]): void => done(error, engine);
    staging.close((error) => {
      if (error !== undefined) return fail(error);
      engine.close((error) => {
        if (error !== undefined) return fail(error);
        home.exchange((error) => {
          if (error !== undefined) return fail(error);
          home.open(done);
        });
      });
    });
  };
}
