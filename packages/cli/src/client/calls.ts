import { status } from "@grpc/grpc-js";
import type { ServiceError } from "@grpc/grpc-js";
import { FailureError } from "../errors.ts";
import { openAccess, type Access } from "./access.ts";
import { Channel, type Stream } from "./channel.ts";
import type { Endpoint } from "./endpoints.ts";

/** A method, with its messages as bytes. */
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
  /** `timeoutMs` where the call needs more, or less, than the usual time. */
  call<Request, Response>(method: Method<Request, Response>, request: Request, timeoutMs?: number): Promise<Response>;
  /** All that the server says on a stream that only reads, and that it ends. */
  all<Request, Response>(method: Method<Request, Response>, request: Request): Promise<readonly Response[]>;
  /** Opens a stream at the first member that can be reached, the one after the last that was tried coming first. */
  open<Request, Response>(method: Method<Request, Response>): Promise<Stream<Request, Response>>;
  close(): void;
}

/** A call that the server refused, or that failed under way. */
export class CallError extends FailureError {
  /** gRPC's. */
  readonly code: status;
  /** The server's words alone. */
  readonly details: string;

  constructor(message: string, problem: ServiceError) {
    super(message, { cause: problem });
    this.code = problem.code;
    this.details = problem.details;
  }
}

/**
 * Opens connections as they are needed. `timeoutMs` bounds each attempt, connecting included. A write goes to another
 * member only while nothing was sent; after that its outcome would be unknown, and the error says so.
 */
export function openCalls(endpoints: readonly Endpoint[], timeoutMs: number, access: Access = openAccess): Calls {
  const channels = endpoints.map((endpoint) => new Channel(endpoint, access));
  let nextForStreams = 0;
  const first = async <T>(
    method: Method<never, unknown>,
    ask: (channel: Channel, deadline: number) => Promise<T>,
    callTimeoutMs: number,
  ): Promise<T> => {
    const failures: string[] = [];
    for (const channel of channels) {
      const deadline = Date.now() + callTimeoutMs;
      const refused = await channel.connect(deadline);
      if (refused !== undefined) {
        failures.push(`  ${channel.endpoint}: ${refused}`);
        continue;
      }
      try {
        return await ask(channel, deadline);
      } catch (error) {
        const problem = error as ServiceError;
        if (error instanceof FailureError) throw error;
        if (!method.readOnly || !worthAnotherMember(problem)) throw failure(channel.endpoint, method, problem);
        failures.push(`  ${channel.endpoint}: ${problem.details}`);
      }
    }
    throw noMember(failures);
  };
  return {
    call: (method, request, callTimeoutMs = timeoutMs) =>
      first(method, (channel, deadline) => channel.unary(method, request, deadline), callTimeoutMs),
    all: (method, request) => first(method, (channel, deadline) => channel.all(method, request, deadline), timeoutMs),
    async open(method) {
      const failures: string[] = [];
      for (let tried = 0; tried < channels.length; tried += 1) {
        const channel = channels[nextForStreams % channels.length] as Channel;
        const refused = await channel.connect(Date.now() + timeoutMs);
        nextForStreams += 1;
        if (refused === undefined) return channel.stream(method, Date.now() + timeoutMs);
        failures.push(`  ${channel.endpoint}: ${refused}`);
      }
      throw noMember(failures);
    },
    close() {
      for (const channel of channels) channel.close();
    },
  };
}

function worthAnotherMember({ code }: ServiceError): boolean {
  return code === status.UNAVAILABLE || code === status.DEADLINE_EXCEEDED;
}

function noMember(failures: readonly string[]): FailureError {
  return new FailureError(`No member answered:\n${failures.join("\n")}\nDoes the cluster run? Check --endpoints.`);
}

function failure(endpoint: Endpoint, method: Method<never, unknown>, problem: ServiceError): CallError {
  const unknown = worthAnotherMember(problem) && !method.readOnly;
  const outcome = unknown && !problem.details.startsWith("etcdserver: no leader") ? " It may or may not be done." : "";
  const foreign = problem.code === status.UNIMPLEMENTED ? " This server does not offer that." : "";
  const name = method.path.slice(method.path.lastIndexOf("/") + 1);
  return new CallError(
    `${endpoint}: ${name} failed: ${problem.details} (${status[problem.code]}).${outcome}${foreign}`,
    problem,
  );
}
