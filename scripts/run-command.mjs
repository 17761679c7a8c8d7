// Runs one program to its end, with its output passed on or held back, and passes signals to it.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * Runs a program and resolves with `{ code, output, timedOut }`; never rejects: a program that cannot be started has
 * code 127. `quiet` holds the output back and returns it. `timeoutMs` ends the program, and what it started, when it
 * takes longer.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ quiet?: boolean, env?: NodeJS.ProcessEnv, timeoutMs?: number, forwardSignals?: boolean }} [options]
 * @returns {Promise<{ code: number, output: string, timedOut: boolean }>}
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    // With a time limit the program gets a process group of its own, so that its whole family can be ended.
    const ownGroup = options.timeoutMs !== undefined && process.platform !== "win32";
    const child = spawn(command, args, {
      cwd: root,
      env: options.env ?? process.env,
      stdio: options.quiet ? ["ignore", "pipe", "pipe"] : "inherit",
      detached: ownGroup,
    });
    const chunks = [];
    child.stdout?.on("data", (chunk) => chunks.push(chunk));
    child.stderr?.on("data", (chunk) => chunks.push(chunk));

    let timedOut = false;
    const signalFamily = (signal) => {
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, signal);
        else child.kill(signal);
      } catch (error) {
        if (error.code !== "ESRCH") throw error;
      }
    };
    const timer =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            timedOut = true;
            signalFamily("SIGKILL");
          }, options.timeoutMs);

    const forward = (signal) => signalFamily(signal);
    const signals = options.forwardSignals || ownGroup ? ["SIGINT", "SIGTERM", "SIGHUP"] : [];
    for (const signal of signals) process.on(signal, forward);

    const finish = (code) => {
      clearTimeout(timer);
      for (const signal of signals) process.off(signal, forward);
      resolve({ code, output: Buffer.concat(chunks).toString("utf8"), timedOut });
    };
    child.on("error", (error) => {
      chunks.push(Buffer.from(`${command}: ${error.message}\n`));
      finish(127);
    });
    child.on("close", (code, signal) => finish(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}
