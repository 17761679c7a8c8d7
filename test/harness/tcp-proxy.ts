import { createServer, connect } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { canFindProcesses, processOfPort } from "./process-of-port.ts";

/** Which way bytes are held back: from the process that connected, to it, or both. */
export interface Cut {
  readonly fromClient: boolean;
  readonly toClient: boolean;
}

/** A cut of a link, by the number of the process that opened it (0 when it cannot be known); undefined for none. */
export type CutRule = (clientPid: number) => Cut | undefined;

interface Link {
  readonly clientPid: number;
  readonly client: Socket;
  readonly upstream: Socket;
}

/**
 * Passes bytes on to `targetPort`, and holds them back where its rule says so: like a network that loses packets, both
 * ends stay connected and hear nothing, and what was under way arrives when the cut is over.
 */
export class TcpProxy {
  readonly port: number;
  /** Bytes passed on so far, each way, by the number of the process that connected; closed links count too. */
  readonly #passed = new Map<number, { fromClient: number; toClient: number }>();
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #rule: CutRule = () => undefined;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => this.#open(client, targetPort));
  }

  /** Listens on `port`. */
  static async open(port: number, targetPort: number): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", () => resolve());
    });
    return new TcpProxy(server, targetPort);
  }

  /** From now on, for links that exist and for new ones. */
  cut(rule: CutRule): void {
    this.#rule = rule;
    for (const link of this.#links) this.#apply(link);
  }

  heal(): void {
    this.cut(() => undefined);
  }

  /** Bytes passed on so far in the directions that a rule cuts, whether it is in force or not. */
  passedBytes(rule: CutRule): number {
    let bytes = 0;
    for (const [clientPid, { fromClient, toClient }] of this.#passed) {
      const cut = rule(clientPid);
      if (cut?.fromClient === true) bytes += fromClient;
      if (cut?.toClient === true) bytes += toClient;
    }
    return bytes;
  }

  close(): void {
    this.#server.close();
    for (const { client, upstream } of this.#links) {
      client.destroy();
      upstream.destroy();
    }
  }

  #open(client: Socket, targetPort: number): void {
    const clientPid = processOfPort(client.remotePort ?? 0, this.port);
    if (clientPid === undefined && canFindProcesses) {
      // A rule that names a member could not cut this link, though the member may be at its end. It dials again.
      client.on("error", () => {}).destroy();
      return;
    }
    const upstream = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
    const link = { clientPid: clientPid ?? 0, client, upstream };
    this.#links.add(link);
    const passed = this.#passed.get(link.clientPid) ?? { fromClient: 0, toClient: 0 };
    this.#passed.set(link.clientPid, passed);
    const both = [client, upstream] as const;
    for (const [from, to] of [both, [upstream, client] as const]) {
      from.setNoDelay(true);
      from.on("data", (bytes) => {
        passed[from === client ? "fromClient" : "toClient"] += bytes.length;
        if (!to.write(bytes)) from.pause();
      });
      to.on("drain", () => this.#apply(link));
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        this.#links.delete(link);
      });
    }
    this.#apply(link);
  }

  /** Pauses or resumes reading, in each direction. */
  #apply({ clientPid, client, upstream }: Link): void {
    const cut = this.#rule(clientPid);
    if (cut?.fromClient === true) client.pause();
    else client.resume();
    if (cut?.toClient === true) upstream.pause();
    else upstream.resume();
  }
}
