import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { framed, prefixBytes } from "../grpc-message.ts";
import type { KeyNumber, Operation } from "../operations.ts";
import type { Load, Requests, RunningLoad } from "../load.ts";
import { connectionsFor } from "../load.ts";
import type { GeneratorTask } from "./generator.ts";

const program = fileURLToPath(new URL("./generator.ts", import.meta.url));

/** Longest wait for the last answers. */
const drainMs = 30_000;

/** Starts the generator's process. Unlike h2load it can give each request a key of its own, and it waits for all answers. */
export async function startFrameLoad(load: Load): Promise<RunningLoad> {
  const { operation, endpoints, inFlight } = load;
  const child = fork(program, { serialization: "advanced", execArgv: ["--disable-warning=ExperimentalWarning"] });
  const next = () =>
    new Promise<unknown>((resolve, reject) => {
      child.once("message", resolve);
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`the load generator ended: ${signal ?? code}`)));
    });
  await next();
  const result = next();
  // Awaited by `finish`; until then, a failure must not be an unhandled rejection.
  result.catch(() => {});
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const task: GeneratorTask = {
    endpoints,
    path: operation.path,
    body: framed(operation.message),
    number: numberInBody(operation),
    ...connectionsFor(inFlight),
  };
  child.send(task);
  return {
    async finish() {
      const timer = setTimeout(() => child.kill("SIGKILL"), drainMs);
      try {
        if (child.connected) child.send("stop");
        const requests = (await result) as Requests;
        await exited;
        return requests;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

function numberInBody({ number }: Operation): KeyNumber | undefined {
  return number === undefined ? undefined : { ...number, offset: prefixBytes + number.offset };
}
