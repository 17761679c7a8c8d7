import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from "node:tls";
import { HostError, silentLogger, type HostErrorCode, type Logger, type NetworkAddress } from "@quorate/host";
import { CallCounts } from "./call-counts.ts";
import { MethodTable } from "./calls/method-table.ts";
import type { Shared } from "./calls/shared.ts";
import type { HttpHandler, HttpStreamRoutes } from "./http-handler.ts";
import { defaultServerLimits, type ServerLimits } from "./limits.ts";
import { Http1Connections } from "./port/http1-connections.ts";
import { Http2Connections } from "./port/http2-connections.ts";
import { sniffProtocol } from "./port/protocol-sniffer.ts";
import { RefusalLog } from "./port/refusal-log.ts";
import { secureContext, tlsOptions, whyNotAdmitted, type ServerTls } from "./port/tls.ts";
import type { WebSocketOptions } from "./port/websockets.ts";
import type { CallTracer, Method } from "./service.ts";

export interface GrpcServerOptions {
  /** Port 0 lets the system choose. */
  readonly address: NetworkAddress;
  /** Served to gRPC clients over HTTP/2: without TLS "with prior knowledge", with TLS by ALPN. */
  readonly methods: readonly Method[];
  /** Serves everything else on the same port, over HTTP/1.1 or HTTP/2. */
  readonly http: HttpHandler;
  /** Serves what goes on and on; asked before `http`. None unless given. */
  readonly httpStreams?: HttpStreamRoutes;
  /** Serves `httpStreams` over websockets as well. None unless given. */
  readonly webSockets?: WebSocketOptions;
  /** Without it, the port is plain. */
  readonly tls?: ServerTls;
  readonly limits?: Partial<ServerLimits>;
  /** Silent unless given. */
  readonly logger?: Logger;
  /** Counts calls here, and for other servers too if they are given the same. */
  readonly counts?: CallCounts;
  /** Nobody follows calls unless given. */
  readonly tracer?: CallTracer;
}

export interface GrpcServer {
  /** The address in fact bound. */
  readonly address: NetworkAddress;
  /** New connections see another certificate; those that are open stay. Throws what is wrong with it, and keeps the old one. */
  renewTls(tls: ServerTls): void;
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
  const counts = options.counts ?? new CallCounts();
  const port = new SharedPort(
    {
      methods: new MethodTable(options.methods, counts),
      http: options.http,
      httpStreams: options.httpStreams ?? (() => undefined),
      limits,
      logger,
      refusals: new RefusalLog(logger),
      counts,
      tracer: options.tracer,
      partialRequestBytes: 0,
      unsentBytes: 0,
    },
    options.tls,
    options.webSockets,
  );
  return port.listen(address);
}

/** One listening port, whose connections go to HTTP/2 or to HTTP/1.1 by their first bytes. */
class SharedPort {
  readonly #shared: Shared;
  readonly #http1: Http1Connections;
  readonly #http2: Http2Connections;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  #security: ServerTls | undefined;
  /** Connections that have not said yet what they speak, by whom they come from. */
  readonly #undecided = new Map<string, Socket>();
  readonly #sockets = new Set<Socket>();
  #closing: Promise<void> | undefined;

  constructor(shared: Shared, tls: ServerTls | undefined, webSockets: WebSocketOptions | undefined) {
    this.#shared = shared;
    this.#security = tls;
    this.#http1 = new Http1Connections(shared, webSockets);
    this.#http2 = new Http2Connections(shared);
    const { receiveTimeoutMs, maxConnections } = shared.limits;
    const options = { noDelay: true, keepAlive: true };
    if (tls === undefined) this.#server = createServer(options, (socket) => this.#accepted(socket));
    else this.#server = this.#tls = createTlsServer({ ...options, ...tlsOptions(tls, receiveTimeoutMs) });
    this.#server.maxConnections = maxConnections;
    this.#tls?.on("connection", (socket: Socket) => this.#track(socket));
    this.#tls?.on("secureConnection", (socket) => this.#secured(socket));
    this.#tls?.on("tlsClientError", (error, socket) => {
      shared.refusals.refused(remoteOf(socket), `TLS: ${error.message}`);
      socket.destroy();
    });
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
        resolve({
          address: { host: address.host, port: bound.port },
          renewTls: (tls) => this.#renew(tls),
          close: () => this.#close(),
        });
      });
    });
  }

  #renew(tls: ServerTls): void {
    this.#tls?.setSecureContext(secureContext(tls));
    this.#security = tls;
  }

  #accepted(socket: Socket): void {
    this.#track(socket);
    this.#sniff(socket);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const remote = remoteOf(socket);
    this.#undecided.set(remote, socket);
    socket.on("close", () => this.#undecided.delete(remote));
  }

  #secured(socket: TLSSocket): void {
    // It takes the place of the socket that it is on.
    this.#track(socket);
    const refusal = this.#security === undefined ? undefined : whyNotAdmitted(socket, this.#security);
    if (refusal !== undefined) {
      this.#shared.refusals.refused(remoteOf(socket), `TLS: ${refusal}`);
      // A handshake that is not quite over must not end the process.
      socket.on("error", () => {}).destroy();
    } else if (this.#closing !== undefined) socket.destroy();
    else if (socket.alpnProtocol === "h2") this.#decided(socket, "http2", Buffer.alloc(0));
    else if (socket.alpnProtocol === "http/1.1") this.#decided(socket, "http1", Buffer.alloc(0));
    // A client without ALPN says what it speaks as without TLS.
    else this.#sniff(socket);
  }

  #sniff(socket: Socket): void {
    sniffProtocol(socket, this.#shared.limits.receiveTimeoutMs, (protocol, first) =>
      this.#decided(socket, protocol, first),
    );
  }

  #decided(socket: Socket, protocol: "http1" | "http2", first: Buffer): void {
    this.#undecided.delete(remoteOf(socket));
    if (protocol === "http2") this.#http2.take(socket, first);
    else this.#http1.take(socket, first);
  }

  #close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      const cut = setTimeout(() => this.#destroyAll(this.#sockets), this.#shared.limits.drainTimeoutMs);
      this.#server.close(() => {
        clearTimeout(cut);
        this.#http1.stop();
        this.#http2.stop();
        resolve();
      });
      this.#destroyAll(this.#undecided.values());
      this.#http1.drain();
      this.#http2.drain();
    });
    return this.#closing;
  }

  #destroyAll(sockets: Iterable<Socket>): void {
    for (const socket of sockets) socket.destroy();
  }
}

function remoteOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? "unknown"}:${remotePort ?? 0}`;
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
