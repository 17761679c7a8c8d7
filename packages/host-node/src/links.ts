import { createServer, Socket } from "node:net";
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
import type { TurnEnd } from "./turn-end.ts";

/** What can be wrong with listening; anything else about an address is `invalid`. */
const listenErrors: ReadonlySet<HostErrorCode> = new Set(["address-in-use", "denied", "closed"]);

/** TCP on Node.js. How many streams there are, and what they buffer, is the caller's to bound. */
export class NodeLinks implements Links {
  readonly #turnEnd: TurnEnd;
  readonly #servers = new Set<Server>();
  readonly #sockets = new Set<Socket>();
  #closed = false;

  constructor(turnEnd: TurnEnd) {
    this.#turnEnd = turnEnd;
  }

  listen(address: NetworkAddress, onStream: (stream: ByteStream) => ByteStreamEvents, done: Callback<Listener>): void {
    const server = createServer({ noDelay: true }, (socket) => {
      const stream = this.#stream(socket, formatAddress(socket.remoteAddress ?? "unknown", socket.remotePort ?? 0));
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
    const socket = new Socket();
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
