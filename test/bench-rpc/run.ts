// `npm run bench:rpc [-- --seconds=5 --rounds=3]`: calls per second and CPU per call of gRPC servers. See docs/rpc.md.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measure, type Measured } from "./measure.ts";
import { framed, requestMessage } from "./message.ts";

const contenders = ["quorate", "node:http2", "grpc-js", "bare socket"] as const;
const shapes = [
  { connections: 1, streams: 1 },
  { connections: 1, streams: 100 },
  { connections: 10, streams: 100 },
] as const;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, rounds: { type: "string", default: "3" } },
});
const seconds = Number(values.seconds);
const rounds = Number(values.rounds);

const folder = mkdtempSync(join(tmpdir(), "quorate-bench-rpc-"));
try {
  const body = join(folder, "body");
  writeFileSync(body, framed(requestMessage));
  console.log(
    `Node.js ${process.version}, ${rounds} rounds of ${seconds} s each, medians; load ${loadavg()[0]?.toFixed(1)}`,
  );
  console.log(
    "| connections x calls in flight | server | calls/s | CPU per call | calls/s to node:http2 | CPU to node:http2 |",
  );
  console.log("|---|---|---|---|---|---|");
  for (const shape of shapes) {
    const results = new Map<string, Measured[]>(contenders.map((name) => [name, []]));
    // In turn, so that what else the machine does concerns all of them.
    for (let round = 0; round < rounds; round++) {
      for (const name of contenders) results.get(name)?.push(await measure(name, { ...shape, seconds, body }));
    }
    const base = middle(results.get("node:http2") ?? []);
    for (const name of contenders) {
      const { callsPerSecond, cpuMicros } = middle(results.get(name) ?? []);
      const cells = [
        `${shape.connections} x ${shape.streams}`,
        name,
        Math.round(callsPerSecond).toLocaleString("en"),
        `${cpuMicros.toFixed(1)} µs`,
        `${(callsPerSecond / base.callsPerSecond).toFixed(1)} x`,
        `1/${(base.cpuMicros / cpuMicros).toFixed(1)}`,
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function middle(all: readonly Measured[]): Measured {
  const median = (of: (one: Measured) => number): number =>
    all.map(of).sort((a, b) => a - b)[Math.floor(all.length / 2)] as number;
  return { callsPerSecond: median((one) => one.callsPerSecond), cpuMicros: median((one) => one.cpuMicros) };
}
