import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface Child {
  /** The next line of its standard output; undefined when it ended first. */
  line(): Promise<string | undefined>;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** Kills it with SIGKILL if need be, and waits for its end. */
  kill(): Promise<number | string>;
}

/** Runs a module, given as text, in a process of its own. `host-node` stands for this package, from source. */
export function runModule(text: string): Child {
  const source = new URL("../src/index.ts", import.meta.url).href;
  const code = text.replaceAll('"host-node"', JSON.stringify(source));
  const child = spawn(process.execPath, ["--conditions=@quorate/source", "--input-type=module", "--eval", code], {
    stdio: ["ignore", "pipe", "inherit"],
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  const lines = createInterface({ input: child.stdout });
  const iterator = lines[Symbol.asyncIterator]();
  const ended = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  return {
    line: async () => ((await iterator.next()) as IteratorResult<string, undefined>).value,
    ended,
    kill: async () => {
      child.kill("SIGKILL");
      return await ended;
    },
  };
}
