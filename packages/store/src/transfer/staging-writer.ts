import type { Done, HostError } from "@quorate/host";
import type { Engine, EngineWrite } from "../engine.ts";

/** A batch has no more records than this: an engine may take time for each. */
const mostWrites = 8192;

/** Gathers writes to a staging engine into synced batches. One is being written while the next one is gathered. */
export class StagingWriter {
  readonly #engine: Engine;
  readonly #batchBytes: number;
  readonly #closing: () => readonly EngineWrite[];
  #batch: EngineWrite[] = [];
  #bytes = 0;
  #isWriting = false;
  #failure: HostError | undefined;
  #whenWritten: (() => void) | undefined;

  /** `closing` gives what ends each batch of about `batchBytes`: how far the engine has got with it. */
  constructor(engine: Engine, batchBytes: number, closing: () => readonly EngineWrite[]) {
    this.#engine = engine;
    this.#batchBytes = batchBytes;
    this.#closing = closing;
  }

  add(write: EngineWrite): void {
    this.#batch.push(write);
    this.#bytes += write.key.length + (write.value?.length ?? 0);
  }

  /** Goes on when there is room for more. */
  room(done: Done): void {
    if (this.#failure !== undefined) return done(this.#failure);
    if (this.#bytes < this.#batchBytes && this.#batch.length < mostWrites) return done(undefined);
    this.#start(done);
  }

  /** Completes once everything that was added is durable. */
  settle(done: Done): void {
    this.#start((error) => {
      if (error !== undefined) return done(error);
      this.#afterWriting(() => done(this.#failure));
    });
  }

  #start(done: Done): void {
    this.#afterWriting(() => {
      if (this.#failure !== undefined || this.#batch.length === 0) return done(this.#failure);
      const batch = [...this.#batch, ...this.#closing()];
      this.#batch = [];
      this.#bytes = 0;
      this.#isWriting = true;
      this.#engine.write(batch, (error) => {
        this.#isWriting = false;
        this.#failure ??= error;
        const next = this.#whenWritten;
        this.#whenWritten = undefined;
        next?.();
      });
      done(undefined);
    });
  }

  #afterWriting(next: () => void): void {
    if (this.#isWriting) this.#whenWritten = next;
    else next();
  }
}
