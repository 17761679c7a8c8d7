import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { HostError, silentLogger, type HostErrorCode, type Logger, type NetworkAddress } from "@quorate/host";
import type { HttpHandler } from "./http-handler.ts";
import { defaultServerLimits, type ServerLimits } from "./limits.ts";
import { MethodTable } from "./method-table.ts";
import type { Shared } from "./node-http/connection.ts";
import { Http1Connections } from "./node-http/http1-connections.ts";
import { Http2Connections } from "./node-http/http2-connections.ts";
import { sniffProtocol } from "./node-http/protocol-sniffer.ts";
import { RefusalLog } from "./node-http/refusal-log.ts";
import type { CallObserver, Method } from "./service.ts";

export interface GrpcServerOptions {
  /** Port 0 lets the system choose. */
  readonly address: NetworkAddress;
  /** Served to gRPC clients over HTTP/2 without TLS ("h2c with prior knowledge"). */
  readonly methods: readonly Method[];
  /** Served to HTTP/1.1 clients on the same port. */
  readonly http: HttpHandler;
  readonly limits?: Partial<ServerLimits>;
  /** Silent unless given. */
  readonly logger?: Logger;
  readonly observer?: CallObserver;
}

export interface GrpcServer {
  /** The address in fact bound. */
  readonly address: NetworkAddress;
  /**
   * Accepts no more connections and calls, waits for the calls under way (`drainTimeoutMs` at most), and closes. The same
   * promise each time.
   */
  close(): Promise<void>;
}

/** Starts to serve. Rejects with a `HostError`: `address-in-use`, `denied` or `invalid`. */
export function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { address, logger = silentLogger } = options;
  const limits = { ...defaultServerLimits, ...options.limits };
  const port = new SharedPort({
    methods: new MethodTable(options.methods),
    http: options.http,
    limits,
    logger,
    refusals: new RefusalLog(logger),
    observer: options.observer ?? (() => {}),
    partialRequestBytes: 0,
  });
  return port.listen(address);
}

/** One listening port, whose connections go to HTTP/2 or to HTTP/1.1 by their first bytes. */
class SharedPort {
  readonly #shared: Shared;
  readonly #http1: Http1Connections;
  readonly #http2: Http2Connections;
  readonly #server: Server;
  readonly #undecided = new Set<Socket>();
  readonly #sockets = new Set<Socket>();
  #closing: Promise<void> | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
    this.#http1 = new Http1Connections(shared);
    this.#http2 = new Http2Connections(shared);
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#accepted(socket));
    this.#server.maxConnections = shared.limits.maxConnections;
  }

  listen(address: NetworkAddress): Promise<GrpcServer> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, address)));
      this.#server.listen(address.port, address.host, () => {
        this.#server.removeAllListeners("error");
        this.#server.on("error", (error) =>
          this.#shared.logger.warn("a connection could not be accepted", { error: error.message }),
        );
        const bound = this.#server.address() as AddressInfo;
        resolve({ address: { host: address.host, port: bound.port }, close: () => this.#close() });
      });
    });
  }

  #accepted(socket: Socket): void {
    this.#sockets.add(socket);
    this.#undecided.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#undecided.delete(socket);
    });
    sniffProtocol(socket, this.#shared.limits.receiveTimeoutMs, (protocol) => {
      this.#undecided.delete(socket);
      if (protocol === "http2") this.#http2.take(socket);
      else this.#http1.take(socket);
    });
  }

  #close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const cut = setTimeout(() => this.#destroyAll(this.#sockets), this.#shared.limits.drainTimeoutMs);
      this.#server.close(() => {
        clearTimeout(cut);
        resolve();
      });
      this.#destroyAll(this.#undecided);
      this.#http1.drain();
      this.#http2.drain();
    });
    return this.#closing;
  }

  #destroyAll(sockets: Iterable<Socket>): void {
    for (const socket of sockets) socket.destroy();
  }
}

const listenErrors: Readonly<Record<string, readonly [HostErrorCode, string]>> = {
  EADDRINUSE: ["address-in-use", "is in use by another process"],
  EACCES: ["denied", "may not be listened on by this user"],
  EADDRNOTAVAIL: ["invalid", "is no address of this machine"],
  ENOTFOUND: ["invalid", "is a host name that cannot be resolved"],
};

function listenError(cause: NodeJS.ErrnoException, { host, port }: NetworkAddress): HostError {
  const [code, what] = listenErrors[cause.code ?? ""] ?? (["io", `cannot be listened on: ${cause.message}`] as const);
  const subject = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return new HostError(code, subject, `${subject} ${what}`, { cause });
}
