import type { MemberId } from "@quorate/raft";
import {
  encodeCommand,
  type CommandResult,
  type KeyValueStore,
  type PlainCommand,
  type PutOperation,
} from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import { MemberRequests } from "../replica/member-requests.ts";
import { asOperated } from "../replica/operated-target.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { MachineCall, RequestTarget } from "../workload.ts";
import type { BrokenWatches } from "./broken-watches.ts";
import { ToldWatch } from "./told-watch.ts";
import { bytesOf, type Wanted, type WatchBook } from "./watch-book.ts";
import { WatchClient } from "./watch-client.ts";

/** What one client asks for, or does with its watches. Plain data. */
export interface WatchOperation {
  readonly kind: (typeof kinds)[number];
  /** Of letters: "a" is 0. */
  readonly key: number;
  /** Unique in a run. */
  readonly number: number;
  /** How long it takes nothing, or how far back it compacts. */
  readonly amount: number;
}

const kinds = [
  ...(["put", "put", "put", "put", "put", "delete", "delete", "delete-range", "txn", "txn"] as const),
  ...(["connect", "connect", "connect", "rest", "rest", "progress", "progress", "renew", "disconnect"] as const),
  "compact",
] as const;
const letters = 8;

export function drawWatchOperation(random: RandomStream, _process: number, number: number): WatchOperation {
  const key = random.integer(0, letters - 1);
  return { kind: random.pick(kinds), key, number, amount: random.integer(0, 100) };
}

/** No watch begins later than this. */
const latestStart = 20;
/** Numbers that no other request has. */
const firstFiller = 2_000_000_000;

const letter = (at: number): string => String.fromCharCode(0x61 + (at % letters));
const afterAll = letter(letters - 1).concat("\u00ff");
const all: Wanted = { from: "a", to: afterAll, puts: true, deletes: true };

/** Clients that change keys, and clients that watch them; what these are told must be what the log says. */
export class WatchClients {
  readonly target: RequestTarget;
  readonly #cluster: ReplicaCluster<KeyValueStore, CommandResult>;
  readonly #book: WatchBook;
  readonly #requests: MemberRequests<KeyValueStore, CommandResult>;
  readonly #clients: readonly WatchClient[];
  readonly #watches: readonly ToldWatch[];
  readonly #timing: SwarmOptions["timing"];

  constructor(
    cluster: ReplicaCluster<KeyValueStore, CommandResult>,
    book: WatchBook,
    swarm: SwarmOptions,
    broken: BrokenWatches,
  ) {
    this.#cluster = cluster;
    this.#book = book;
    this.#timing = swarm.timing;
    this.#requests = new MemberRequests(cluster, swarm.timing.electionTimeoutMs);
    this.target = asOperated(this.#requests, this);
    const watches: ToldWatch[] = [];
    this.#watches = watches;
    const watch = (name: string, wanted: Partial<Wanted>, previous: boolean, next?: number): ToldWatch => {
      const made = new ToldWatch(name, book, { ...all, ...wanted }, previous, next);
      watches.push(made);
      return made;
    };
    this.#clients = Array.from({ length: swarm.registers.processes }, (_, at) => {
      const one = letter(at);
      return new WatchClient(
        cluster,
        [
          watch(`the watch of everything of client ${at}`, {}, at % 2 === 0, 1),
          watch(`the watch of ${one} of client ${at}`, { from: one, to: `${one}\0` }, at % 2 === 1),
          watch(`the watch of deletions of client ${at}`, { from: "b", to: "e", puts: false }, true, 1 + 5 * at),
        ],
        broken,
      );
    });
  }

  /** Streams that were opened, and watches that compactions have ended. */
  get counts(): { readonly connections: number; readonly endings: number } {
    return {
      connections: this.#clients.reduce((sum, { connections }) => sum + connections, 0),
      endings: this.#watches.reduce((sum, { endings }) => sum + endings, 0),
    };
  }

  perform(id: MemberId, { process, operation }: MachineCall): void {
    const { kind, key, number, amount } = operation as WatchOperation;
    const client = this.#clients[process - 1] as WatchClient;
    switch (kind) {
      case "connect":
        return client.connect(id);
      case "disconnect":
        return client.disconnect();
      case "rest":
        return client.rest((amount * this.#timing.electionTimeoutMs) / 20);
      case "progress":
        return client.requestProgress();
      case "renew":
        return client.renew(amount);
      case "put":
      case "delete":
      case "delete-range":
      case "txn":
      case "compact":
        return this.#propose(id, `${kind} ${number}`, this.#commandOf(kind, key, number, amount));
    }
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    for (const at of sizes.keys()) this.#propose(id, `probe ${first + at}`, putOf("a", `p${first + at}`));
  }

  /** Everybody is told of everything in the end. @throws SafetyViolation */
  checkAtTheEnd(): void {
    this.#requests.expectAnswers();
    const { world } = this.#cluster;
    const isDone = (): boolean => this.#clients.every((client) => client.isDone);
    const limitMs = world.nowMs + 100 * this.#timing.electionTimeoutMs + 20_000;
    let filler = firstFiller;
    do {
      const present = this.#cluster.present();
      const [some = 1] = present;
      // Progress is told only when the future has come in which some watch of the stream begins.
      if (this.#book.revision < latestStart) this.submit(this.#cluster.leader() || some, filler++, [4]);
      for (const [at, client] of this.#clients.entries()) {
        // At a member that stays broken, or belongs to the cluster no more, nobody is told of anything.
        if (client.member !== undefined && !present.has(client.member)) client.disconnect();
        client.connect([...present][at % present.size] ?? some);
        client.requestProgress();
      }
      if (world.runUntil(isDone, this.#timing.electionTimeoutMs)) return;
    } while (world.nowMs < limitMs);
    const late = this.#clients.find((client) => !client.isDone);
    throw new SafetyViolation(
      "watches",
      `a client is not told up to revision ${this.#book.revision}: ${late?.describe()}`,
    );
  }

  #commandOf(
    kind: "put" | "delete" | "delete-range" | "txn" | "compact",
    key: number,
    number: number,
    amount: number,
  ): PlainCommand {
    switch (kind) {
      case "put":
        return putOf(letter(key), String(number));
      case "delete":
        return { type: "delete-range", range: { key: bytesOf(letter(key)), end: undefined }, previous: false };
      case "delete-range": {
        const range = { key: bytesOf(letter(key)), end: bytesOf(letter(key).concat("\u00ff")) };
        return { type: "delete-range", range, previous: true };
      }
      case "txn": {
        const removed = { key: bytesOf(letter(key + 2)), end: undefined };
        const success = [
          putOf(letter(key), String(number)),
          putOf(letter(key + 1), String(number)),
          { type: "delete-range" as const, range: removed, previous: false },
        ];
        return { type: "txn", compare: [], success, failure: [] };
      }
      case "compact":
        return { type: "compact", revision: Math.max(1, this.#book.revision - amount) };
    }
  }

  /** What comes of it is seen in the log. */
  #propose(id: MemberId, what: string, command: PlainCommand): void {
    const bytes = encodeCommand(command);
    this.#requests.request(id, what, (replica, answered) => replica.propose(bytes, () => answered()));
  }
}

function putOf(key: string, value: string): PutOperation {
  const options = { lease: 0n, previous: false, ignoreValue: false, ignoreLease: false };
  return { type: "put", key: bytesOf(key), value: bytesOf(value), ...options };
}
