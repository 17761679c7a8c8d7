// One contender in a process of its own: prints its port, and ends with its standard input.
import { serveBareSocket } from "./contender-bare-socket.ts";
import { serveGrpcJs } from "./contender-grpc-js.ts";
import { serveNodeHttp2 } from "./contender-node-http2.ts";
import { serveQuorate } from "./contender-quorate.ts";

const contenders: Readonly<Record<string, () => Promise<number>>> = {
  quorate: serveQuorate,
  "node:http2": serveNodeHttp2,
  "grpc-js": serveGrpcJs,
  "bare socket": serveBareSocket,
};
const serve = contenders[process.argv[2] ?? ""];
if (serve === undefined) throw new Error(`there is no contender ${process.argv[2]}`);
console.log(await serve());
process.stdin.on("end", () => process.exit(0)).resume();
