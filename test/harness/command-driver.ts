import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Cleanup } from "./cluster.ts";
import { quorateCommand, root, type Ended } from "./quorate-command.ts";

const driver = fileURLToPath(new URL("quorate-driver.mjs", import.meta.url));

/** Runs `quorate` with arguments. A process of its own for each would cost a quarter of a second of a processor. */
export type RunCommand = (...args: string[]) => Promise<Ended>;

/** One process that runs commands in turn; the test ends it. They have no standard input. */
export function startCommandDriver(
  context: Cleanup,
  env: Readonly<Record<string, string | undefined>> = {},
): RunCommand {
  const [program, ...first] = quorateCommand();
  const child = spawn(program, [...first.slice(0, -1), driver], {
    cwd: `${root}/packages/cli`,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  context.after(() => child.kill("SIGKILL"));
  let last: Promise<unknown> = Promise.resolve();
  return (...args) => {
    const run = last.then(async () => {
      const answered = once(child, "message") as Promise<[Ended]>;
      child.send(args);
      return (await answered)[0];
    });
    last = run.catch(() => {});
    return run;
  };
}
