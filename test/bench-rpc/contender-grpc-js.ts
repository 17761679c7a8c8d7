import { Server, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";
import { benchPath, responseMessage } from "./message.ts";

/** The official gRPC implementation for Node.js, without a message codec. */
export function serveGrpcJs(): Promise<number> {
  const server = new Server();
  const response = Buffer.from(responseMessage);
  const definition = {
    path: benchPath,
    requestStream: false,
    responseStream: false,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  } as const;
  const put = (_: unknown, answer: sendUnaryData<Buffer>): void => answer(null, response);
  server.addService({ put: definition }, { put });
  return new Promise((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
}
