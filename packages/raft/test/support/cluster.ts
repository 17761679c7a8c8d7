import type { MemberId, Message } from "@quorate/raft";
import { configurationOf } from "./fixtures.ts";
import { Node } from "./node.ts";
import type { NodeOptions } from "./node.ts";

/** Members that talk to each other over links that a test may cut, each message delivered at once and in order. */
export class Cluster {
  readonly nodes = new Map<MemberId, Node>();
  readonly #cut = new Set<string>();
  /** Which messages are lost besides those on links that are cut. */
  loses: (from: MemberId, to: MemberId, message: Message) => boolean = () => false;
  now = 0;

  constructor(ids: readonly MemberId[], options: (id: MemberId) => NodeOptions = () => ({})) {
    for (const id of ids) {
      const jitter = (id * 0.17) % 1;
      this.nodes.set(id, new Node({ id, voters: ids, random: () => jitter, ...options(id) }));
    }
  }

  /** A member that joins: its log is empty, and it does not know who its peers are. */
  add(id: MemberId): Node {
    const node = new Node({ id, now: this.now, random: () => (id * 0.17) % 1, configuration: configurationOf([]) });
    this.nodes.set(id, node);
    return node;
  }

  node(id: MemberId): Node {
    return this.nodes.get(id) as Node;
  }

  get leaders(): Node[] {
    return [...this.nodes.values()].filter((node) => node.role === "leader");
  }

  get leader(): Node {
    const newest = this.leaders.sort((a, b) => b.term - a.term)[0];
    if (newest === undefined) throw new Error("there is no leader");
    return newest;
  }

  /** Cuts the directed link. */
  cut(from: MemberId, to: MemberId): void {
    this.#cut.add(`${from}>${to}`);
  }

  isolate(id: MemberId): void {
    for (const other of this.nodes.keys()) {
      if (other === id) continue;
      this.cut(id, other);
      this.cut(other, id);
    }
  }

  /** Cuts the members into groups that do not hear each other; those of no group hear nobody. */
  split(...groups: readonly (readonly MemberId[])[]): void {
    this.heal();
    for (const one of this.nodes.keys()) {
      const group = groups.find((ids) => ids.includes(one)) ?? [];
      for (const other of this.nodes.keys()) if (!group.includes(other)) this.cut(one, other);
    }
  }

  heal(): void {
    this.#cut.clear();
  }

  /** Delivers until nothing is on its way. */
  settle(): void {
    for (let round = 0; round < 10_000; round++) {
      let delivered = false;
      for (const node of this.nodes.values()) {
        for (const { to, message } of node.sent.splice(0)) {
          delivered = true;
          if (!this.#cut.has(`${node.id}>${to}`) && !this.loses(node.id, to, message))
            this.nodes.get(to)?.receive(node.id, message);
        }
      }
      if (!delivered) return;
    }
    throw new Error("the cluster never settles");
  }

  /** Passes time in steps of 10 ms, delivering after each. */
  run(ms: number): void {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += 10;
      for (const node of this.nodes.values()) {
        node.now = this.now;
        if (node.core.deadline() <= this.now) node.advance(0);
      }
      this.settle();
    }
  }
}
