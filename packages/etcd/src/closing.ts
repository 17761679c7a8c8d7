/** What is open, closed in the opposite order, once, every step taken whatever the others say. */
export class Closing {
  readonly #steps: (() => Promise<void>)[] = [];
  #done: Promise<void> | undefined;

  add(step: () => Promise<void>): void {
    this.#steps.push(step);
  }

  run(): Promise<void> {
    this.#done ??= this.#close();
    return this.#done;
  }

  async #close(): Promise<void> {
    let first: unknown;
    for (const step of this.#steps.reverse()) {
      await step().catch((error: unknown) => {
        first ??= error;
      });
    }
    if (first !== undefined) throw first;
  }
}
