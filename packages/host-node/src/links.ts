import { createServer, Socket } from "node:net";
import { createServer as createTlsServer, type Server as TlsServer, type TlsOptions, type TLSSocket } from "node:tls";
import type { AddressInfo, Server } from "node:net";
import { HostError } from "@quorate/host";
import type {
  ByteStream,
  ByteStreamEvents,
  Callback,
  Done,
  HostErrorCode,
  Links,
  Listener,
  NetworkAddress,
} from "@quorate/host";
import { NodeByteStream } from "./byte-stream.ts";
import { failureOf } from "./errno.ts";
import { handshakeTimeoutMs, type LinkSecurity } from "./link-security.ts";
import type { TurnEnd } from "./turn-end.ts";

/** What can be wrong with listening; anything else about an address is `invalid`. */
const listenErrors: ReadonlySet<HostErrorCode> = new Set(["address-in-use", "denied", "closed"]);

/** The first byte of a TLS connection: a record with a handshake (RFC 8446 §5.1). */
const tlsHandshake = 0x16;

/** Connections that are in the middle of a TLS handshake, over all listeners. */
const maxHandshakes = 256;

/** TCP on Node.js, with TLS on top where there is a `LinkSecurity`. How many streams there are, and what they buffer, is the caller's to bound. */
export class NodeLinks implements Links {
  readonly #turnEnd: TurnEnd;
  readonly #servers = new Set<Server>();
  readonly #sockets = new Set<Socket>();
  readonly #security: LinkSecurity | undefined;
  /** By whom they come from. */
  readonly #handshaking = new Map<string, Socket>();
  #closed = false;

  constructor(turnEnd: TurnEnd, security?: LinkSecurity) {
    this.#turnEnd = turnEnd;
    this.#security = security;
  }

  listen(address: NetworkAddress, onStream: (stream: ByteStream) => ByteStreamEvents, done: Callback<Listener>): void {
    const server = this.#server((socket) => {
      const stream = this.#stream(socket, remoteOf(socket));
      const events = onStream(stream);
      stream.attach(events);
      events.open?.();
    });
    const failed = (error: unknown): void => done(listenError(address, error), undefined as never);
    server.once("error", failed);
    server.once("listening", () => {
      server.off("error", failed);
      if (this.#closed) {
        server.close();
        failed(closedFailure());
        return;
      }
      // A connection that could not be accepted (no file descriptors left) is the peer's to try again.
      server.on("error", () => {});
      this.#servers.add(server);
      const { port } = server.address() as AddressInfo;
      done(undefined, { address: { host: address.host, port }, close: (closed) => this.#closeServer(server, closed) });
    });
    try {
      server.listen({ host: address.host, port: address.port, exclusive: true });
    } catch (error) {
      process.nextTick(failed, error);
    }
  }

  connect(address: NetworkAddress, events: ByteStreamEvents): ByteStream {
    const security = this.#security;
    const isPlain = security === undefined || (security.takesPlain && address.secure !== true);
    if (!isPlain && !this.#closed) return this.#connectSecurely(security, address, events);
    const socket = new Socket();
    socket.once("connect", () => security?.plain(socket));
    const stream = this.#stream(socket, formatAddress(address.host, address.port));
    stream.attach(events);
    if (this.#closed) {
      socket.destroy(closedFailure());
      return stream;
    }
    try {
      socket.setNoDelay(true);
      socket.connect({ host: address.host, port: address.port });
    } catch (error) {
      socket.destroy(error as Error);
    }
    return stream;
  }

  /** Closes every listener and destroys every stream; what is asked for afterwards fails with `closed`. */
  close(): void {
    this.#closed = true;
    for (const server of this.#servers) server.close();
    this.#servers.clear();
    for (const socket of this.#sockets) socket.destroy();
    for (const socket of this.#handshaking.values()) socket.destroy();
  }

  #connectSecurely(security: LinkSecurity, address: NetworkAddress, events: ByteStreamEvents): ByteStream {
    let socket: Socket;
    try {
      socket = security.connect(address);
      socket.setNoDelay(true);
    } catch (error) {
      // An address that is none.
      socket = new Socket().destroy(error as Error);
    }
    const stream = this.#stream(socket, formatAddress(address.host, address.port));
    stream.attach(events, "secureConnect");
    return stream;
  }

  /** `accepted` gets each connection as soon as it may be used. */
  #server(accepted: (socket: Socket) => void): Server {
    const security = this.#security;
    if (security === undefined) return createServer({ noDelay: true }, accepted);
    const { options, stop } = security.serverOptions((context) => secure.setSecureContext(context));
    const secure = this.#secureServer(security, options, accepted);
    const server = security.takesPlain ? this.#eitherServer(security, secure, accepted) : secure;
    server.on("close", stop);
    return server;
  }

  /** Tells by the first byte what a connection speaks. The peer protocol begins with the letters of its name. */
  #eitherServer(security: LinkSecurity, secure: TlsServer, accepted: (socket: Socket) => void): Server {
    return createServer({ noDelay: true }, (socket) => {
      const timer = setTimeout(() => socket.destroy(), handshakeTimeoutMs);
      const stop = (): void => clearTimeout(timer);
      // Who says nothing holds a place among the handshakes, and no other.
      this.#handshake(security, socket);
      socket.once("close", stop).on("error", ignore);
      socket.once("data", (first: Buffer) => {
        stop();
        socket.off("error", ignore).pause();
        socket.unshift(first);
        if (first[0] === tlsHandshake) return void secure.emit("connection", socket);
        this.#handshaking.delete(remoteOf(socket));
        security.plain(socket, remoteOf(socket));
        accepted(socket);
        socket.resume();
      });
    });
  }

  #secureServer(security: LinkSecurity, options: TlsOptions, accepted: (socket: Socket) => void): TlsServer {
    const server = createTlsServer({ ...options, noDelay: true });
    server.on("connection", (socket: Socket) => this.#handshake(security, socket));
    server.on("tlsClientError", (error: NodeJS.ErrnoException, socket) => {
      // Who only looks whether somebody listens says nothing.
      if (error.code !== "ECONNRESET") security.refused(remoteOf(socket), failureOf(error).reason);
      socket.destroy();
    });
    server.on("secureConnection", (socket: TLSSocket) => {
      // Until it is known who connects, nothing is read, and an end is nobody's.
      socket.on("error", ignore);
      security.whyNot(socket, (refusal) => {
        this.#handshaking.delete(remoteOf(socket));
        if (refusal === undefined && !this.#closed && !socket.destroyed) {
          socket.off("error", ignore);
          return accepted(socket);
        }
        if (refusal !== undefined) security.refused(remoteOf(socket), refusal);
        socket.destroy();
      });
    });
    return server;
  }

  /** A connection begins. A flood of them costs the oldest: a member's handshake is done by then. */
  #handshake(security: LinkSecurity, socket: Socket): void {
    const remote = remoteOf(socket);
    this.#handshaking.set(remote, socket);
    socket.once("close", () => this.#handshaking.delete(remote));
    const [first] = this.#handshaking;
    if (this.#handshaking.size <= maxHandshakes || first === undefined) return;
    const [from, oldest] = first;
    this.#handshaking.delete(from);
    security.refused(from, `more than ${maxHandshakes} connections are in the middle of a handshake`);
    oldest.destroy();
  }

  #stream(socket: Socket, remote: string): NodeByteStream {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return new NodeByteStream(socket, remote, this.#turnEnd);
  }

  #closeServer(server: Server, closed: Done): void {
    this.#servers.delete(server);
    // The port is free at once; Node's own completion would wait for every stream that was accepted.
    server.close();
    setImmediate(closed, undefined);
  }
}

function remoteOf({ remoteAddress, remotePort }: Socket): string {
  return formatAddress(remoteAddress ?? "unknown", remotePort ?? 0);
}

function ignore(): void {}

function formatAddress(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

function closedFailure(): Error {
  return Object.assign(new Error("the host is closed"), { code: "ERR_SERVER_NOT_RUNNING" });
}

function listenError(address: NetworkAddress, error: unknown): HostError {
  const subject = formatAddress(address.host, address.port);
  const { code, reason } = failureOf(error);
  const known = listenErrors.has(code) ? code : "invalid";
  return new HostError(known, subject, `cannot listen at ${subject}: ${reason}`, { cause: error });
}
