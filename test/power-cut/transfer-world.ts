/**
 * The program that is recorded for power cuts during state transfers: a store on LevelDB receives a whole state, an
 * increment and another whole state, each of which it has installed once the next stage begins. Everything below runs under
 * strace.
 *
 * Argument: the folder. Writes `stages.json` into it: what the state is at each stage.
 */
import { accessSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLevelHome, syncDirectory } from "@quorate/host-node";
import { MemoryHome } from "@quorate/store";
import { StoreOfHome, type SeenState } from "./store-of-home.ts";
import { markFolder } from "./strace-output.ts";
import { transferStages } from "./transfer-stages.ts";

const [folder = ""] = process.argv.slice(2);
const place = join(folder, "receiver");
mkdirSync(place);
await syncDirectory(folder);
const sender = await StoreOfHome.open(new MemoryHome({ schedule: (callback) => setImmediate(callback) }));
const receiver = await StoreOfHome.open(createLevelHome(join(place, "state"), { writeBufferBytes: 256 * 1024 }));
const stages: SeenState[] = [await receiver.seen()];
stageReached();

for (const { commands, asIncrement } of transferStages) {
  await sender.apply(commands);
  const { isIncrement } = await sender.sendTo(receiver, asIncrement ? receiver.point() : undefined);
  if (isIncrement !== asIncrement) throw new Error(`stage ${stages.length} is ${isIncrement ? "an" : "no"} increment`);
  stages.push(await sender.seen());
  stageReached();
}
await receiver.close();
writeFileSync(join(folder, "stages.json"), JSON.stringify(stages));

/** Leaves a line in the recording: this stage is durable. */
function stageReached(): void {
  try {
    accessSync(`${folder}/${markFolder}/done/${stages.length - 1}/${stages.at(-1)?.revision}`);
  } catch {
    // It never exists.
  }
}
