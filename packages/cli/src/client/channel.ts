import { Client, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import type { Access } from "./access.ts";
import type { Method } from "./calls.ts";
import { connect } from "./connect.ts";
import { channelCredentials, serverNameOptions } from "./credentials.ts";
import { addressOf, type Endpoint } from "./endpoints.ts";
import { authenticate } from "./etcd-methods.ts";

/** A call with messages in both directions. */
export interface Stream<Request, Response> {
  /** The member at the other end. */
  readonly endpoint: Endpoint;
  write(request: Request): void;
  /** Says that nothing more will be written. */
  end(): void;
  /** Ends it at once. */
  cancel(): void;
  /** Read once, at the reader's own pace. Ends when the server ends it well; else throws gRPC's `ServiceError`. */
  readonly responses: AsyncIterable<Response>;
}

/** One member, with the token that it gave. */
export class Channel {
  readonly endpoint: Endpoint;
  readonly #access: Access;
  #client: Client | undefined;
  /** "" where the cluster does not ask who calls. */
  #token: string | undefined;

  constructor(endpoint: Endpoint, access: Access) {
    this.endpoint = endpoint;
    this.#access = access;
  }

  /** Undefined once it is connected; else why it is not, for people. */
  connect(deadline: number): Promise<string | undefined> {
    return connect(this.#connection(), this.endpoint, this.#access.tls, deadline);
  }

  /** Fails with gRPC's `ServiceError`. */
  unary<Request, Response>(method: Method<Request, Response>, request: Request, deadline: number): Promise<Response> {
    return this.#withToken(deadline, (metadata) => this.#send(method, request, deadline, metadata));
  }

  /** All that a stream of the server's says until its end. Fails with gRPC's `ServiceError`. */
  all<Request, Response>(method: Method<Request, Response>, request: Request, deadline: number): Promise<Response[]> {
    return this.#withToken(deadline, (metadata) => this.#gather(method, request, deadline, metadata));
  }

  async stream<Request, Response>(
    method: Method<Request, Response>,
    deadline: number,
  ): Promise<Stream<Request, Response>> {
    const metadata = await this.#metadata(deadline);
    // A member that is cut off from its cluster then ends the stream instead of keeping silent.
    metadata.set("hasleader", "true");
    const call = this.#connection().makeBidiStreamRequest<Request, Response>(
      method.path,
      (message) => Buffer.from(method.encode(message)),
      (bytes) => method.decode(bytes),
      metadata,
    );
    call.on("error", (error: ServiceError) => {
      if (tokenIsStale(error)) this.#token = undefined;
    });
    return {
      endpoint: this.endpoint,
      write: (request) => call.write(request),
      end: () => call.end(),
      cancel: () => call.cancel(),
      responses: call,
    };
  }

  close(): void {
    this.#client?.close();
  }

  #connection(): Client {
    this.#client ??= new Client(addressOf(this.endpoint), channelCredentials(this.endpoint, this.#access.tls), {
      ...channelOptions,
      ...serverNameOptions(this.endpoint),
    });
    return this.#client;
  }

  #send<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadline: number,
    metadata: Metadata,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      this.#connection().makeUnaryRequest<Request, Response>(
        method.path,
        (message) => Buffer.from(method.encode(message)),
        (bytes) => method.decode(bytes),
        request,
        metadata,
        { deadline },
        (error, response) => {
          if (error !== null) reject(error);
          else resolve(response as Response);
        },
      );
    });
  }

  async #gather<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadline: number,
    metadata: Metadata,
  ): Promise<Response[]> {
    const call = this.#connection().makeServerStreamRequest<Request, Response>(
      method.path,
      (message) => Buffer.from(method.encode(message)),
      (bytes) => method.decode(bytes),
      request,
      metadata,
      { deadline },
    );
    const responses: Response[] = [];
    for await (const response of call as AsyncIterable<Response>) responses.push(response);
    return responses;
  }

  /** Once more with another token where the one that it has is none any more. */
  async #withToken<T>(deadline: number, send: (metadata: Metadata) => Promise<T>): Promise<T> {
    try {
      return await send(await this.#metadata(deadline));
    } catch (error) {
      if (!tokenIsStale(error as ServiceError) || this.#token === undefined) throw error;
      this.#token = undefined;
      return send(await this.#metadata(deadline));
    }
  }

  async #metadata(deadline: number): Promise<Metadata> {
    const metadata = new Metadata();
    if (this.#access.user === undefined) return metadata;
    this.#token ??= await this.#authenticate(deadline);
    if (this.#token !== "") metadata.set("token", this.#token);
    return metadata;
  }

  async #authenticate(deadline: number): Promise<string> {
    try {
      const answer = await this.#send(authenticate, { ...this.#access.user }, deadline, new Metadata());
      return answer.token;
    } catch (error) {
      // A user that is named to a cluster that does not ask for one does no harm; etcdctl goes on as well.
      if ((error as ServiceError).details === "etcdserver: authentication is not enabled") return "";
      throw error;
    }
  }
}

const channelOptions = {
  "grpc.max_receive_message_length": 2 ** 31 - 1,
  "grpc.enable_retries": 0,
  // A member that was restarted is found again soon.
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  // A member that is gone without a word is noticed.
  "grpc.keepalive_time_ms": 10_000,
  "grpc.keepalive_timeout_ms": 5000,
};

function tokenIsStale({ code, details }: ServiceError): boolean {
  return code === status.UNAUTHENTICATED || details === "etcdserver: revision of auth store is old";
}
