import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runProgram } from "../harness/quorate-command.ts";
import { FileSystem } from "./file-system.ts";
import type { Recorded } from "./operations.ts";
import { differences } from "./stored-tree.ts";
import { straceArguments } from "./strace-arguments.ts";
import { readStraceOutput, UncertainRecordingError } from "./strace-output.ts";
import { visible } from "./survivors.ts";
import type { WorldDescription, WorldPlan } from "./world-plan.ts";

/** A recording, as it is stored: the operations, their bytes, and who the members were. */
export interface Recording {
  readonly recorded: Recorded;
  readonly world: WorldDescription;
}

/** Why nothing can be recorded here; undefined when it can. */
export async function missingTracer(): Promise<string | undefined> {
  if (process.platform !== "linux")
    return `power cuts are recorded with strace, which ${process.platform} does not have`;
  const ended = await runProgram("strace", [...straceArguments("/dev/null"), "true"]).catch(() => undefined);
  if (ended?.code === 0) return undefined;
  const why = ended === undefined ? "strace is not installed" : ended.stderr.trim().split("\n")[0];
  return `power cuts need strace 5.3 or newer, allowed to trace: ${why}`;
}

/**
 * Runs members under load and strace, and reads what they did. The model of the file system must then hold exactly what
 * the real files hold: nothing was overlooked.
 */
export async function record(folder: string, plan: WorldPlan): Promise<Recording> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await recordOnce(folder, plan);
    } catch (error) {
      if (!(error instanceof UncertainRecordingError) || attempt === attempts) throw error;
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** A process that was killed in the middle of a change of names makes a recording useless. */
const attempts = 3;

async function recordOnce(folder: string, plan: WorldPlan): Promise<Recording> {
  mkdirSync(folder, { recursive: true });
  const output = join(folder, "strace.txt");
  const world = fileURLToPath(new URL("./recorded-world.ts", import.meta.url));
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", "--conditions=@quorate/source", world];
  await runTraced([...straceArguments(output), ...node, folder, JSON.stringify(plan)]);
  const description = JSON.parse(readFileSync(join(folder, "world.json"), "utf8")) as WorldDescription;
  const members = description.members.map(({ name }) => name);
  const recorded = readStraceOutput(readFileSync(output), description.folder, members);
  compareWithFiles(recorded, members);
  rmSync(output);
  const recording = { recorded, world: description };
  store(folder, recording);
  return recording;
}

/** Runs a program under strace, with these arguments of strace and of its own. Rejects when it ends with another code than 0. */
export function runTraced(args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn("strace", args, { stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`the recorded program ended with code ${code}:\n${errors.slice(-4000)}`));
    });
  });
}

/** Throws unless the model of the file system holds, below these names, what the real files hold. */
export function compareWithFiles(recorded: Recorded, members: readonly string[]): void {
  const system = new FileSystem(recorded);
  for (const moment of recorded.moments) system.pass(moment);
  const now = visible(system.root);
  const found = members.flatMap((name) => {
    const directory = now.entries.get(name);
    return directory?.kind === "directory"
      ? differences(join(recorded.folder, name), directory)
      : [`${name} is missing`];
  });
  if (found.length > 0)
    throw new Error(`the recording does not agree with the files:\n${found.slice(0, 20).join("\n")}`);
}

function store(folder: string, { recorded, world }: Recording): void {
  const { bytes, ...rest } = recorded;
  writeFileSync(join(folder, "operations.json"), JSON.stringify({ ...rest, world }));
  writeFileSync(join(folder, "bytes"), bytes);
}

/** Reads a recording back. */
export function loadRecording(folder: string): Recording {
  const { world, ...rest } = JSON.parse(readFileSync(join(folder, "operations.json"), "utf8")) as Omit<
    Recorded,
    "bytes"
  > & {
    readonly world: WorldDescription;
  };
  return { recorded: { ...rest, bytes: readFileSync(join(folder, "bytes")) }, world };
}
