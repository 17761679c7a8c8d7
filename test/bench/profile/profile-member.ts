import { until } from "../../harness/until.ts";
import type { CpuProfile } from "./inspector.ts";
import { Inspector } from "./inspector.ts";

/** What makes a member open to `Profiler`: it listens on a port of its own choosing, and prints it. */
export const profiledEnvironment = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

export interface ThreadProfile {
  readonly thread: string;
  readonly profile: CpuProfile;
}

/** Takes CPU profiles of every JavaScript thread of one process. */
export class Profiler {
  readonly #inspector: Inspector;

  private constructor(inspector: Inspector) {
    this.#inspector = inspector;
  }

  /** `log` gives what the process has printed so far. */
  static async attach(log: () => string, intervalMicros: number): Promise<Profiler> {
    const url = await until("the member listens for a debugger", 5000, () =>
      Promise.resolve(/Debugger listening on (ws:\S+)/.exec(log())?.[1]),
    );
    const inspector = await Inspector.connect(url);
    for (const thread of inspector.threads) {
      await thread.send("Profiler.enable");
      await thread.send("Profiler.setSamplingInterval", { interval: intervalMicros });
    }
    return new Profiler(inspector);
  }

  async start(): Promise<void> {
    await Promise.all(this.#inspector.threads.map((thread) => thread.send("Profiler.start")));
  }

  async stop(): Promise<readonly ThreadProfile[]> {
    return Promise.all(
      this.#inspector.threads.map(async (thread) => {
        const { profile } = (await thread.send("Profiler.stop")) as { profile: CpuProfile };
        return { thread: thread.name, profile };
      }),
    );
  }

  close(): void {
    this.#inspector.close();
  }
}
