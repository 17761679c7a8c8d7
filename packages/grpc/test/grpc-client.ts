import { Client, credentials, Metadata, type CallOptions, type ChannelOptions, type ServiceError } from "@grpc/grpc-js";
import type { TestContext } from "node:test";
import { startGrpcServer, type GrpcServer, type GrpcServerOptions, type HttpHandler } from "../src/index.ts";
import type { UnaryMethod } from "../src/index.ts";

export const notFound: HttpHandler = (_, respond) => respond({ status: 404, contentType: "text/plain", body: "no\n" });

export function unary(path: string, handle: UnaryMethod["handle"], maxRequestBytes?: number): UnaryMethod {
  return { kind: "unary", path, handle, ...(maxRequestBytes === undefined ? {} : { maxRequestBytes }) };
}

/** A server on a port of its own, closed when the test ends. */
export async function serve(
  context: TestContext,
  options: Pick<GrpcServerOptions, "methods"> & Partial<GrpcServerOptions>,
): Promise<GrpcServer> {
  const server = await startGrpcServer({
    address: { host: "127.0.0.1", port: 0 },
    http: notFound,
    ...options,
    limits: { drainTimeoutMs: 200, ...options.limits },
  });
  context.after(() => server.close());
  return server;
}

export function clientOf(context: TestContext, server: GrpcServer, options: ChannelOptions = {}): Client {
  const client = new Client(`127.0.0.1:${server.address.port}`, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
    "grpc.max_receive_message_length": -1,
    "grpc.enable_retries": 0,
    ...options,
  });
  context.after(() => client.close());
  return client;
}

/** One call with bytes in and out, by grpc-js. */
export function call(
  client: Client,
  path: string,
  request: Uint8Array,
  options: CallOptions & { metadata?: Metadata } = {},
): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Uint8Array, Uint8Array>(
      path,
      (bytes) => Buffer.from(bytes),
      (bytes) => bytes,
      request,
      options.metadata ?? new Metadata(),
      options,
      (error: ServiceError | null, response) => (error === null ? resolve(response as Uint8Array) : reject(error)),
    );
  });
}

/** What `call` rejected with. */
export async function failure(calling: Promise<unknown>): Promise<{ code: number; details: string }> {
  try {
    await calling;
  } catch (error) {
    const { code, details } = error as ServiceError;
    return { code, details };
  }
  throw new Error("the call succeeded");
}
