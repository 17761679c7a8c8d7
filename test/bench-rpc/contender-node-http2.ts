import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { framed, responseMessage } from "./message.ts";

/** Node's own HTTP/2 with gRPC's framing by hand: the least that a gRPC server on `node:http2` can do. */
export function serveNodeHttp2(): Promise<number> {
  const response = framed(responseMessage);
  const server = createServer({ settings: { maxConcurrentStreams: 4096, initialWindowSize: 1024 * 1024 } });
  server.on("stream", (stream: ServerHttp2Stream) => {
    let received = 0;
    stream.on("error", () => {});
    stream.on("data", (chunk: Uint8Array) => (received += chunk.length));
    stream.on("end", () => {
      if (received < 5) return stream.close();
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
      stream.end(response);
    });
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}
