import { createServer, connect } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { DelayLine } from "./delay-line.ts";
import { allProcesses, canFindProcesses, processOfPort } from "./process-of-port.ts";

/** Which way bytes are held back: from the process that connected, to it, or both. */
export interface Cut {
  readonly fromClient: boolean;
  readonly toClient: boolean;
  /** How much later bytes arrive, each way, in milliseconds; 0 when absent. */
  readonly delayMs?: { readonly fromClient: number; readonly toClient: number };
}

/** More than this under way on a slow link, and the sender has to wait, as with a network's own buffers. */
const maxHeldBytes = 4 * 1024 * 1024;

/** A cut of a link, by the number of the process that opened it (0 when it cannot be known); undefined for none. */
export type CutRule = (clientPid: number) => Cut | undefined;

interface Link {
  readonly clientPid: number;
  readonly client: Socket;
  readonly upstream: Socket;
  readonly fromClient: DelayLine;
  readonly toClient: DelayLine;
}

/**
 * Passes bytes on to `targetPort`, and holds them back where its rule says so: like a network that loses packets, both
 * ends stay connected and hear nothing, and what was under way arrives when the cut is over. A link may also be slow.
 */
export class TcpProxy {
  readonly port: number;
  /** Bytes passed on so far, each way, by the number of the process that connected; closed links count too. */
  readonly #passed = new Map<number, { fromClient: number; toClient: number }>();
  readonly #server: Server;
  readonly #links = new Set<Link>();
  readonly #candidates: () => Iterable<number>;
  #rule: CutRule = () => undefined;

  private constructor(server: Server, targetPort: number, candidates: () => Iterable<number>) {
    this.#server = server;
    this.#candidates = candidates;
    this.port = (server.address() as AddressInfo).port;
    server.on("connection", (client) => this.#open(client, targetPort));
  }

  /** Listens on `port`. Only `candidates`, when given, are looked at to tell which process has connected. */
  static async open(port: number, targetPort: number, candidates?: () => Iterable<number>): Promise<TcpProxy> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, "127.0.0.1", () => resolve());
    });
    return new TcpProxy(server, targetPort, candidates ?? allProcesses);
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
    const clientPid = processOfPort(client.remotePort ?? 0, this.port, this.#candidates());
    if (clientPid === undefined && canFindProcesses) {
      // A rule that names a member could not cut this link, though the member may be at its end. It dials again.
      client.on("error", () => {}).destroy();
      return;
    }
    const upstream = connect({ port: targetPort, host: "127.0.0.1", allowHalfOpen: true });
    const link: Link = {
      clientPid: clientPid ?? 0,
      client,
      upstream,
      fromClient: new DelayLine((bytes) => this.#pass(link, "fromClient", bytes)),
      toClient: new DelayLine((bytes) => this.#pass(link, "toClient", bytes)),
    };
    this.#links.add(link);
    if (!this.#passed.has(link.clientPid)) this.#passed.set(link.clientPid, { fromClient: 0, toClient: 0 });
    for (const way of ["fromClient", "toClient"] as const) {
      const [from, to] = way === "fromClient" ? [client, upstream] : [upstream, client];
      from.setNoDelay(true);
      from.on("data", (bytes: Buffer) => {
        link[way].push(bytes, this.#rule(link.clientPid)?.delayMs?.[way] ?? 0);
        if (to.writableNeedDrain || link[way].heldBytes > maxHeldBytes) from.pause();
      });
      to.on("drain", () => this.#apply(link));
      from.on("end", () => link[way].end(() => to.end()));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroy();
        link[way].destroy();
        this.#links.delete(link);
      });
    }
    this.#apply(link);
  }

  #pass(link: Link, way: "fromClient" | "toClient", bytes: Buffer): void {
    const passed = this.#passed.get(link.clientPid);
    if (passed !== undefined) passed[way] += bytes.length;
    const to = way === "fromClient" ? link.upstream : link.client;
    if (to.destroyed) return;
    const room = to.write(bytes);
    if (room && link[way].heldBytes > 0) this.#apply(link);
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
