import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The root folder of the repository. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The command as a program and its first arguments: from the TypeScript sources, or with QUORATE_FROM=dist the build
 * that ships (what `npm test` does).
 */
export function quorateCommand(): readonly [string, ...string[]] {
  const bin = fileURLToPath(new URL("../../packages/cli/bin/quorate.mjs", import.meta.url));
  const conditions = process.env["QUORATE_FROM"] === "dist" ? [] : ["--conditions=@quorate/source"];
  return [process.execPath, "--disable-warning=ExperimentalWarning", ...conditions, bin];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to this process's own; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Ends the program early; the run then fails. */
  readonly signal?: AbortSignal;
}

/** Runs any program to its end; it is killed when it takes longer than `timeoutMs` (default 30 s). */
export function runProgram(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...process.env, ...options.env },
      timeout: options.timeoutMs ?? 30_000,
      killSignal: "SIGKILL",
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
    child.stdin.on("error", () => {}).end(options.input ?? "");
  });
}

/** Runs `quorate` with these arguments to its end. */
export function runQuorate(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const [program, ...first] = quorateCommand();
  return runProgram(program, [...first, ...args], options);
}
