import { spawn } from "node:child_process";
import { constants } from "node:os";
import { FailureError } from "../errors.ts";

/**
 * Runs a program with our terminal, and this added to our environment. Gives its exit code, 128 and the signal's number
 * where a signal ended it. It is asked to end (SIGTERM) when `signal` is aborted.
 */
export function runChild(
  [program = "", ...args]: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: "inherit",
      env: { ...process.env, ...environment },
    });
    const stop = () => child.kill("SIGTERM");
    signal?.addEventListener("abort", stop);
    child.once("error", (error) => reject(new FailureError(`${program} cannot be run: ${error.message}.`)));
    child.once("close", (code, ended) => {
      signal?.removeEventListener("abort", stop);
      resolve(code ?? 128 + (ended === null ? 0 : constants.signals[ended]));
    });
  });
}
