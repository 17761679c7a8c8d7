import type { Callback, Host } from "@quorate/host";
import type { NetworkSetup } from "@quorate/replica";
import { createPeerTransport } from "@quorate/transport";
import type { PeerNetwork } from "@quorate/transport";
import type { CrashKind } from "../drive.ts";
import type { Scope } from "../event-queue.ts";
import { addressOf } from "./replica-member-options.ts";
import type { ReplicaMemberOptions, ReplicaSurroundings } from "./replica-member-options.ts";

/** Joins a member's processes to the world's network, in the middle of whose messages they may die. */
export class MemberNetwork {
  readonly #options: Pick<ReplicaMemberOptions<never, never>, "id" | "broken" | "carrier">;
  readonly #around: ReplicaSurroundings;
  readonly #crash: (kind: CrashKind | undefined) => void;
  /** Die when this many more messages have been sent. */
  #crashAfter = Number.POSITIVE_INFINITY;
  #kind: CrashKind | undefined;

  constructor(
    options: Pick<ReplicaMemberOptions<never, never>, "id" | "broken" | "carrier">,
    around: ReplicaSurroundings,
    crash: (kind: CrashKind | undefined) => void,
  ) {
    this.#options = options;
    this.#around = around;
    this.#crash = crash;
  }

  crashAfterSends(count: number, kind?: CrashKind): void {
    this.#crashAfter = count;
    this.#kind = kind;
  }

  /** Its process is gone, for whatever reason. */
  gone(scope: Scope): void {
    this.#around.network.leave(this.#options.id);
    this.#around.internet.crash(scope);
    this.#crashAfter = Number.POSITIVE_INFINITY;
  }

  join(host: Host, scope: Scope, setup: NetworkSetup, done: Callback<PeerNetwork>): void {
    const { id, broken, carrier } = this.#options;
    const events = broken.events?.(setup.events) ?? setup.events;
    if (carrier === "messages") {
      const network = this.#around.network.join(id, setup.incarnation, scope, events);
      host.timers.endOfTurn(() => done(undefined, this.#mortal(network, scope)));
      return;
    }
    createPeerTransport({ ...setup, events, host, listen: addressOf(id), peers: [] }, (error, network) => {
      if (error === undefined) done(undefined, this.#mortal(network, scope));
      else done(error, network);
    });
  }

  #mortal(sound: PeerNetwork, scope: Scope): PeerNetwork {
    const network = this.#options.broken.network?.(sound) ?? sound;
    return {
      send: (to, lane, chunks, checkedChunks) => {
        // A process that dies in the middle of its turn: the rest of the turn runs, and reaches nobody.
        if (!scope.ended && this.#crashAfter-- <= 0) {
          this.#around.record.marks.reach("crash between two effects");
          this.#crash(this.#kind);
        }
        return !scope.ended && network.send(to, lane, chunks, checkedChunks);
      },
      setPeers: (peers) => network.setPeers(peers),
      roundTripMs: (peer) => network.roundTripMs(peer),
      close: (done) => network.close(done),
    };
  }
}
