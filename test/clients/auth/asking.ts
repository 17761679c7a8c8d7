import { create, fromBinary, toBinary, type DescMethod, type DescService, type MessageShape } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import { admin, Auth, Cluster, electionService, KV, Lease, lockService, Maintenance, Watch } from "@quorate/etcd/api";

/** Everything that is served to clients, by its own description: no method can be forgotten. */
export const services: readonly DescService[] = [
  KV,
  Watch,
  Lease,
  Cluster,
  Maintenance,
  Auth,
  lockService.Lock,
  electionService.Election,
  admin.Admin,
];

/**
 * How long a call keeps silent before it may be taken for one that waits, in ms: an election that is somebody else's, say. A call
 * that came after it must have been answered too: on a slow machine, a refusal takes its time.
 */
const patienceMs = 250;

/**
 * What became of a call, in one letter: refused for want of a name (u) or permission (d), for its token (t), not for any of that (o),
 * or served to nobody (-).
 */
export type Outcome = "u" | "d" | "t" | "o" | "-";

/** Calls any method by its description, with a token or without. */
export class Asking {
  readonly #client: Client;

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  }

  close(): void {
    this.#client.close();
  }

  /** The response; fails with gRPC's `ServiceError`. */
  call(method: DescMethod, request: object, token: string | undefined): Promise<object> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<object, object>(
        pathOf(method),
        encoder(method),
        (bytes) => fromBinary(method.output, bytes),
        request,
        metadataOf(token),
        (error, response) => (error === null ? resolve(response as object) : reject(error)),
      );
    });
  }

  async outcome(method: DescMethod, request: object, token: string | undefined): Promise<Outcome> {
    if (method.methodKind === "unary") return this.#outcomeOfUnary(method, request, token);
    return this.#outcomeOfStream(method, request, token);
  }

  #outcomeOfUnary(method: DescMethod, request: object, token: string | undefined): Promise<Outcome> {
    return new Promise((resolve) => {
      const call = this.#client.makeUnaryRequest<object, object>(
        pathOf(method),
        encoder(method),
        (bytes) => fromBinary(method.output, bytes),
        request,
        metadataOf(token),
        (error) => settle(error === null ? "o" : outcomeOf(error.details, error.code)),
      );
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve(outcome);
      };
      const timer = this.#whenItWaits(() => {
        settle("o");
        call.cancel();
      });
    });
  }

  #outcomeOfStream(method: DescMethod, request: object, token: string | undefined): Promise<Outcome> {
    return new Promise((resolve) => {
      const call = this.#client.makeBidiStreamRequest<object, object>(
        pathOf(method),
        encoder(method),
        (bytes) => fromBinary(method.output, bytes),
        metadataOf(token),
      );
      const settle = (outcome: Outcome): void => {
        clearTimeout(timer);
        resolve(outcome);
        call.cancel();
      };
      const timer = this.#whenItWaits(() => settle("o"));
      call.on("error", (error: ServiceError) => settle(outcomeOf(error.details, error.code)));
      call.on("data", (response: { readonly canceled?: boolean; readonly cancelReason?: string }) =>
        settle(response.canceled === true ? outcomeOf(response.cancelReason ?? "") : "o"),
      );
      call.write(request);
      if (method.methodKind === "server_streaming") call.end();
    });
  }

  /** A read without a name takes the same way as a refusal does: after it, whatever was to be refused has been. */
  #whenItWaits(then: () => void): NodeJS.Timeout {
    const read = (): Promise<unknown> => this.call(KV.method.range, { key: Buffer.from("a") }, undefined);
    return setTimeout(() => void read().then(then, then), patienceMs);
  }
}

function encoder(method: DescMethod): (request: object) => Buffer {
  return (request) =>
    Buffer.from(toBinary(method.input, create(method.input, request as never) as MessageShape<never>));
}

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function metadataOf(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("token", token);
  return metadata;
}

function outcomeOf(message: string, code?: status): Outcome {
  if (code === status.UNIMPLEMENTED) return "-";
  if (message.includes("permission denied")) return "d";
  if (message.includes("user name is empty")) return "u";
  if (message.includes("invalid auth token")) return "t";
  return "o";
}
