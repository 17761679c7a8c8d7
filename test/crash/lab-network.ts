import { freePorts } from "../harness/free-ports.ts";
import type { MemberProcess } from "../harness/member-process.ts";
import type { Cut } from "../harness/tcp-proxy.ts";
import { TcpProxy } from "../harness/tcp-proxy.ts";

/** What befalls bytes from one member to another; several faults may be in force at once. */
interface Way {
  cuts: number;
  delayMs: number;
}

/** Ends what was begun. */
export type Undo = () => void;

/**
 * The network between members: one proxy before each, which tells by its process who has connected. Every pair of
 * members has two ways, one each direction, whichever of the two has opened the connection.
 */
export class LabNetwork {
  readonly #proxies: TcpProxy[] = [];
  readonly #ways: readonly (readonly Way[])[];
  #members: readonly MemberProcess[] = [];

  constructor(count: number) {
    const row = () => Array.from({ length: count }, (): Way => ({ cuts: 0, delayMs: 0 }));
    this.#ways = Array.from({ length: count }, row);
  }

  /** Puts a proxy before member `index`, and gives its port. */
  async advertise(index: number, peerPort: number): Promise<number> {
    const [port = 0] = await freePorts(1);
    this.#proxies[index] = await TcpProxy.open(port, peerPort, () => this.#members.flatMap(({ pid }) => pid ?? []));
    return port;
  }

  /** Before any of them is started. */
  serve(members: readonly MemberProcess[]): void {
    this.#members = members;
  }

  cut(from: number, to: number): Undo {
    this.#change(from, to, 1, 0);
    return () => this.#change(from, to, -1, 0);
  }

  slow(from: number, to: number, delayMs: number): Undo {
    this.#change(from, to, 0, delayMs);
    return () => this.#change(from, to, 0, -delayMs);
  }

  close(): void {
    for (const proxy of this.#proxies) proxy.close();
  }

  #change(from: number, to: number, cuts: number, delayMs: number): void {
    const way = this.#way(from, to);
    way.cuts += cuts;
    way.delayMs += delayMs;
    this.#proxies.forEach((proxy, target) => proxy.cut((clientPid) => this.#cutOf(clientPid, target)));
  }

  #cutOf(clientPid: number, target: number): Cut | undefined {
    const source = this.#members.findIndex(({ pid }) => pid === clientPid);
    // A connection of a process that has ended: it is about to close.
    if (source === -1) return undefined;
    const there = this.#way(source, target);
    const back = this.#way(target, source);
    return {
      fromClient: there.cuts > 0,
      toClient: back.cuts > 0,
      delayMs: { fromClient: there.delayMs, toClient: back.delayMs },
    };
  }

  #way(from: number, to: number): Way {
    const way = this.#ways[from]?.[to];
    if (way === undefined) throw new Error(`there is no way from member ${from} to ${to}`);
    return way;
  }
}
