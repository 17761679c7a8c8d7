import { Client, credentials, status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { FailureError } from "../errors.ts";
import { connect } from "./connect.ts";
import type { Endpoint } from "./endpoints.ts";

/** A unary method, with its messages as bytes. */
export interface Method<Request, Response> {
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  readonly encode: (request: Request) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Response;
  /** May be sent again to another member when its outcome is unknown. */
  readonly readOnly: boolean;
}

/** Calls to the first of several members that can be reached. */
export interface Calls {
  call<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response>;
  close(): void;
}

/**
 * Opens connections as they are needed. `timeoutMs` bounds each attempt, connecting included. A write goes to another
 * member only while nothing was sent; after that its outcome would be unknown, and the error says so.
 */
export function openCalls(endpoints: readonly Endpoint[], timeoutMs: number): Calls {
  const clients = new Map<Endpoint, Client>();
  const clientOf = (endpoint: Endpoint) => {
    const client = clients.get(endpoint) ?? new Client(endpoint, credentials.createInsecure(), channelOptions);
    clients.set(endpoint, client);
    return client;
  };
  return {
    async call(method, request) {
      const failures: string[] = [];
      for (const endpoint of endpoints) {
        const client = clientOf(endpoint);
        const deadline = Date.now() + timeoutMs;
        const refused = await connect(client, endpoint, deadline);
        if (refused !== undefined) {
          failures.push(`  ${endpoint}: ${refused}`);
          continue;
        }
        try {
          return await unary(client, method, request, deadline);
        } catch (error) {
          const problem = error as ServiceError;
          if (!method.readOnly || problem.code !== status.UNAVAILABLE) throw failure(endpoint, method.path, problem);
          failures.push(`  ${endpoint}: ${problem.details}`);
        }
      }
      throw new FailureError(`No member answered:\n${failures.join("\n")}\nDoes the cluster run? Check --endpoints.`);
    },
    close() {
      for (const client of clients.values()) client.close();
    },
  };
}

const channelOptions = {
  "grpc.max_receive_message_length": 256 * 1024 * 1024,
  "grpc.enable_retries": 0,
  // A member that was restarted is found again soon.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
};

function unary<Request, Response>(
  client: Client,
  method: Method<Request, Response>,
  request: Request,
  deadline: number,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest<Request, Response>(
      method.path,
      (message) => Buffer.from(method.encode(message)),
      (bytes) => method.decode(bytes),
      request,
      { deadline },
      (error, response) => {
        if (error !== null) reject(error);
        else if (response === undefined) reject(new FailureError(`${method.path} gave no answer.`));
        else resolve(response);
      },
    );
  });
}

function failure(endpoint: Endpoint, path: string, problem: ServiceError): FailureError {
  const unknown = problem.code === status.UNAVAILABLE || problem.code === status.DEADLINE_EXCEEDED;
  const outcome = unknown && !problem.details.startsWith("etcdserver: no leader") ? " It may or may not be done." : "";
  const name = path.slice(path.lastIndexOf("/") + 1);
  return new FailureError(`${endpoint}: ${name} failed: ${problem.details} (${status[problem.code]}).${outcome}`, {
    cause: problem,
  });
}
