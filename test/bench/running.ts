import type { Contender } from "./contenders.ts";

/** The systems that run, or are being started: what has to be ended however the program ends. */
export class Running {
  readonly #all = new Set<Promise<Contender>>();
  #ending = false;

  /** The end has begun: what fails from now on fails because of it. */
  get isEnding(): boolean {
    return this.#ending;
  }

  /** Starts a system, which is ended with the others. Fails when the end has begun. */
  async start(start: () => Promise<Contender>): Promise<Contender> {
    if (this.#ending) throw new Error("interrupted: nothing more is started");
    const starting = start();
    this.#all.add(starting);
    return starting;
  }

  /** Ends every process and removes every data folder. Those that could not be started have been ended already. */
  async destroy(): Promise<void> {
    this.#ending = true;
    const all = [...this.#all];
    this.#all.clear();
    await Promise.allSettled(all.map(async (starting) => (await starting).destroy()));
  }
}
