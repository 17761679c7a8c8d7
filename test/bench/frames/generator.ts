// The program that makes load with frames encoded beforehand: a process of its own, started by frame-load.ts.
import type { Requests } from "../load.ts";
import { shareOf } from "../load.ts";
import type { KeyNumber } from "../operations.ts";
import { CallConnection } from "./call-connection.ts";
import { NumberList } from "./number-list.ts";
import { RequestTemplate } from "./request-template.ts";

/** The first message that it is sent; the second, of any kind, stops it. */
export interface GeneratorTask {
  readonly endpoints: readonly string[];
  readonly path: string;
  /** The gRPC message with its prefix. */
  readonly body: Uint8Array;
  /** Its offset is in `body`. */
  readonly number: KeyNumber | undefined;
  readonly connections: number;
  readonly streams: number;
}

process.once("message", (task: GeneratorTask) => {
  run(task).then(
    (requests) => process.send?.(requests, () => process.disconnect?.()),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.send?.("ready");

async function run({ endpoints, path, body, number, connections, streams }: GeneratorTask): Promise<Requests> {
  const sentMicros = new NumberList();
  const tookMicros = new NumberList();
  let succeeded = 0;
  let failed = 0;
  let bytes = 0;
  const onEnded = (sentMs: number, endedMs: number, bodyBytes: number, success: boolean): void => {
    if (success) succeeded += 1;
    else failed += 1;
    bytes += bodyBytes;
    sentMicros.add((performance.timeOrigin + sentMs) * 1000);
    tookMicros.add((endedMs - sentMs) * 1000);
  };
  const all = endpoints.flatMap((endpoint, index) => {
    const template = new RequestTemplate(path, endpoint, body, number);
    const count = shareOf(connections, index, endpoints.length);
    return Array.from({ length: count }, () => new CallConnection(endpoint, template, streams, onEnded));
  });
  process.once("message", () => {
    for (const connection of all) connection.stop();
  });
  const { user, system } = process.cpuUsage();
  await Promise.all(all.map(({ finished }) => finished));
  const used = process.cpuUsage({ user, system });
  return {
    started: all.reduce((sum, one) => sum + one.started, 0),
    succeeded,
    failed,
    processorSeconds: (used.user + used.system) / 1e6,
    bodyBytes: bytes / Math.max(1, succeeded),
    sentMicros: sentMicros.values(),
    tookMicros: tookMicros.values(),
  };
}
