import { encodeMessage, isControl, type MemberId, type Message } from "@quorate/raft";
import type { Lane, PeerNetwork } from "@quorate/transport";
import type { StartHistory } from "@quorate/wal";
import { encodeForward, messageKinds } from "./forwarding-codec.ts";
import { encodeIntroduction } from "./introduction-codec.ts";

/** The prefix and a message's fixed part; the frames of entries, which follow, carry checksums of their own. */
const checkedChunks = 2;

const raftPrefix = Uint8Array.of(messageKinds.raft);

export interface PeerSenderParts {
  readonly network: PeerNetwork;
  readonly starts: StartHistory;
}

/** Sends to other members, each kind of message on its lane. */
export class PeerSender {
  readonly #network: PeerNetwork;
  /** Which incarnation of a peer the bulk lane leads to, while it is up. */
  readonly #bulkPeers = new Map<MemberId, number>();

  readonly #introduction: Uint8Array;

  constructor({ network, starts }: PeerSenderParts) {
    this.#network = network;
    this.#introduction = encodeIntroduction(starts);
  }

  /** Says who we are first, on each lane: what comes before it is not taken in. */
  connected(peer: MemberId, lane: Lane, incarnation: number): void {
    this.#network.send(peer, lane, [this.#introduction]);
    if (lane === "bulk") this.#bulkPeers.set(peer, incarnation);
  }

  bulkDisconnected(peer: MemberId): void {
    this.#bulkPeers.delete(peer);
  }

  /** Of a peer that is connected. */
  incarnationOf(peer: MemberId): number | undefined {
    return this.#bulkPeers.get(peer);
  }

  /** Returns false when entries, or an answer about entries, were dropped: the core must know. */
  send(to: MemberId, message: Message): boolean {
    const lane = isControl(message) ? "control" : "bulk";
    const isSent = this.#network.send(to, lane, [raftPrefix, ...encodeMessage(message)], checkedChunks);
    return isSent || lane === "control";
  }

  /** Returns false when the commands certainly did not leave. */
  forward(leader: MemberId, id: number, commands: readonly Uint8Array[]): boolean {
    const incarnation = this.#bulkPeers.get(leader);
    if (incarnation === undefined) return false;
    return this.#network.send(leader, "bulk", encodeForward({ id, incarnation, commands }));
  }

  /**
   * An answer to a forward: on the lane that the entries take, ahead of them. What is said of digests, starts, states and
   * members goes there too. Returns false when it was dropped.
   */
  answer(to: MemberId, chunks: readonly Uint8Array[]): boolean {
    return this.#network.send(to, "bulk", chunks);
  }
}
