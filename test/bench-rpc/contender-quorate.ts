import { okStatus, startGrpcServer } from "@quorate/grpc";
import { benchPath, responseMessage } from "./message.ts";

/** The engine of this repository. */
export async function serveQuorate(): Promise<number> {
  const server = await startGrpcServer({
    address: { host: "127.0.0.1", port: 0 },
    methods: [{ kind: "unary", path: benchPath, handle: (_, __, respond) => respond(okStatus, responseMessage) }],
    http: (_, respond) => respond({ status: 404, contentType: "text/plain", body: "" }),
  });
  return server.address.port;
}
