// A process of its own that opens a member's state, writes to it, and keeps it open until it is ended.
import { join } from "node:path";
import { openLevelEngine } from "@quorate/host-node";

const engine = await openLevelEngine(join(process.argv[2] as string, "state"));
for (let batch = 0; batch < 3; batch++) {
  const key = Buffer.from(`a record of batch ${batch}`);
  await new Promise((done) => engine.write([{ key, value: key }], done));
}
process.send?.("open");
// The channel to the parent keeps this process alive, and its end ends it.
process.on("message", () => {});
