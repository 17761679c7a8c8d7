import type { MemberId } from "@quorate/raft";
import { encodeCommand, type CommandResult, type PlainCommand } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import { MemberRequests } from "../replica/member-requests.ts";
import { asOperated } from "../replica/operated-target.ts";
import type { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { SwarmOptions } from "../swarm.ts";
import type { MachineCall, RequestTarget } from "../workload.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { LeaseMember } from "./lease-member.ts";

/** What one client asks for. Plain data: the lease is a small number. */
export interface LeaseOperation {
  /** `replace`: it is revoked and granted again in one go. */
  readonly kind: "grant" | "replace" | "renew" | "put" | "revoke" | "time-to-live";
  readonly lease: number;
  readonly ttl: number;
  /** Unique in a run. */
  readonly number: number;
}

type Kinds = readonly LeaseOperation["kind"][];

const kindsOfKept: Kinds = ["renew", "renew", "renew", "grant", "put", "time-to-live"];
/** Nobody renews it, so it ends; and is granted anew. */
const kindsOfLeft: Kinds = [
  ...Array<"put">(8).fill("put"),
  "time-to-live",
  "time-to-live",
  "grant",
  "grant",
  "replace",
];
/** Seldom renewed: so much of them passes that the log is told of it. */
const kindsOfLong: Kinds = ["renew", "grant", "grant", "put", "put", "put", "time-to-live", "put"];
/** Nobody ever renews it: what is left of it is what leaders say, one after the other. */
const kindsOfUnrenewed: Kinds = [...Array<"time-to-live">(6).fill("time-to-live"), "grant", "put", "put"];
/** Few, so that they end and come again; then those that are long, and the last one, which nobody renews. */
const [shortLeases, longLeases] = [6, 2];
const shortTtls = [1, 1, 2] as const;
export const longTtl = 4;
const unrenewedTtl = 5;
/** Operations after which others of the short leases are kept. */
const operationsPerTurn = 150;

export function drawLeaseOperation(random: RandomStream, _process: number, number: number): LeaseOperation {
  const lease = random.integer(1, shortLeases + longLeases + 1);
  if (lease > shortLeases + longLeases) {
    return { kind: random.pick(kindsOfUnrenewed), lease, ttl: unrenewedTtl, number };
  }
  if (lease > shortLeases) return { kind: random.pick(kindsOfLong), lease, ttl: longTtl, number };
  const isKept = (lease + Math.floor(number / operationsPerTurn)) % 2 === 0;
  return { kind: random.pick(isKept ? kindsOfKept : kindsOfLeft), lease, ttl: random.pick(shortTtls), number };
}

/** Clients of leases, through any member; what they are answered goes into the book. */
export class LeaseClients {
  readonly target: RequestTarget;
  readonly #cluster: ReplicaCluster<LeaseMember, CommandResult>;
  readonly #book: LeaseBook;
  readonly #requests: MemberRequests<LeaseMember, CommandResult>;
  readonly #timing: SwarmOptions["timing"];
  readonly #slowest: number;

  constructor(cluster: ReplicaCluster<LeaseMember, CommandResult>, book: LeaseBook, swarm: SwarmOptions) {
    this.#cluster = cluster;
    this.#book = book;
    this.#timing = swarm.timing;
    this.#slowest = Math.min(...swarm.clockRates);
    this.#requests = new MemberRequests(cluster, swarm.timing.electionTimeoutMs);
    this.target = asOperated(this.#requests, this);
  }

  perform(id: MemberId, { operation }: MachineCall): void {
    const { kind, lease, ttl, number } = operation as LeaseOperation;
    const leaseId = BigInt(lease);
    const ask = (what: string, act: (member: LeaseMember, answered: () => void) => void): void =>
      this.#requests.request(id, `${what} ${number}`, (_replica, answered) =>
        act(this.#cluster.member(id).state as LeaseMember, answered),
      );
    switch (kind) {
      case "renew":
        return ask("renewal", (member, answered) => {
          const asked = this.#book.asked(leaseId);
          member.keeping?.renew(leaseId, (error, seconds) => {
            answered();
            if (error === undefined) this.#book.renewed(leaseId, asked, seconds);
          });
        });
      case "time-to-live":
        return ask("time to live", (member, answered) => {
          const asked = this.#book.now();
          member.keeping?.timeToLive(leaseId, (error, time) => {
            answered();
            if (error === undefined) this.#book.lasts(leaseId, asked, time.ttl);
          });
        });
      case "grant":
        return this.#propose(id, `grant ${number}`, { type: "lease-grant", lease: leaseId, ttl });
      case "replace":
        this.#propose(id, `revocation ${number}`, { type: "lease-revoke", lease: leaseId });
        return this.#propose(id, `grant ${number}`, { type: "lease-grant", lease: leaseId, ttl });
      case "revoke":
        return this.#propose(id, `revocation ${number}`, { type: "lease-revoke", lease: leaseId });
      case "put":
        return this.#propose(id, `put ${number}`, putOf(number, leaseId));
    }
  }

  submit(id: MemberId, first: number, sizes: readonly number[]): void {
    for (const at of sizes.keys()) this.#propose(id, `probe ${first + at}`, putOf(first + at, 0n));
  }

  /** Leases that nobody renews any more end, every one (invariant 15, and liveness). @throws SafetyViolation */
  checkAtTheEnd(): void {
    this.#requests.expectAnswers();
    const { world } = this.#cluster;
    const left = (): readonly bigint[] => {
      const leader = this.#cluster.leader();
      if (leader === 0) return [0n];
      const { state } = this.#cluster.member(leader);
      return state === undefined ? [0n] : Array.from(state.store.leases.all(), ({ id }) => id);
    };
    const limitMs = (1000 * unrenewedTtl + 20 * this.#timing.electionTimeoutMs) / this.#slowest + 5000;
    if (world.runUntil(() => left().length === 0, limitMs)) return;
    throw new SafetyViolation("lease expiry", `leases ${left().join()} did not end, though nobody renews them`);
  }

  /** What comes of it is seen in the log. */
  #propose(id: MemberId, what: string, command: PlainCommand): void {
    const bytes = encodeCommand(command);
    this.#requests.request(id, what, (replica, answered) => replica.propose(bytes, () => answered()));
  }
}

function putOf(number: number, lease: bigint): PlainCommand {
  const key = Uint8Array.of(0x6b, 0x61 + (number % 16));
  const value = Uint8Array.of(number & 0xff);
  return { type: "put", key, value, lease, previous: false, ignoreValue: false, ignoreLease: false };
}
