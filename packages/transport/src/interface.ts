import type { NetworkAddress } from "@quorate/host";

/** A member's identity, as in `@quorate/raft`: an integer from 1 to 2^53 - 1. */
export type PeerId = number;

/**
 * Two lanes per pair of members, so that control (heartbeats, votes, reads) is never stuck behind bulk (entries, state).
 */
export const lanes = ["control", "bulk"] as const;
export type Lane = (typeof lanes)[number];

/**
 * Messages between members, as bytes. The simulator has one implementation and `Transport` over a host's links is the
 * other; a replica cannot tell them apart. Delivery is at most once: nothing is ever sent again by this layer. On one
 * lane of one connection messages arrive in order; between lanes and across reconnections anything may happen.
 */
export interface PeerNetwork {
  /**
   * Sends one message, given as chunks that are not changed afterwards. Returns false when it was dropped at once: no
   * connection on that lane, its buffer is full, or the message is larger than a frame may be. True promises nothing.
   *
   * The link's own checksum covers the first `checkedChunks` chunks, all of them unless given: leave out only what
   * carries a checksum of its own, such as the frames of entries (DESIGN §2).
   */
  send(to: PeerId, lane: Lane, chunks: readonly Uint8Array[], checkedChunks?: number): boolean;
  /** Declares who is dialed and may be spoken to, beside guests. Opens and closes links; idempotent. */
  setPeers(peers: readonly Peer[]): void;
  /** Smoothed round-trip time in ms measured on the control lane; undefined before the first measurement. */
  roundTripMs(peer: PeerId): number | undefined;
  close(done: () => void): void;
}

export interface Peer {
  readonly id: PeerId;
  readonly address: NetworkAddress;
}

/** What a network reports to its member. */
export interface PeerEvents {
  /**
   * One whole message. `incarnation` is the sender's, from the handshake: it rises with each start of that member. The
   * bytes are the callee's to keep; they may be a view of a larger buffer.
   */
  message(from: PeerId, incarnation: number, bytes: Uint8Array): void;
  /** A lane to `peer` is up in both directions. */
  connected(peer: PeerId, lane: Lane, incarnation: number): void;
  /** A lane to `peer` is gone; what was sent and not acknowledged may be lost. */
  disconnected(peer: PeerId, lane: Lane, reason: string): void;
  /**
   * Whether a member of this cluster may connect that is no declared peer: one that is behind does not know yet who joined
   * since, and those may be all that are left. It is a guest, spoken to while it stays connected, and not dialed. Nobody
   * may unless this says so.
   */
  admits?(peer: PeerId): boolean;
  /** Whether it is certain that this member left the cluster, for good: when it comes, it is told so. */
  hasLeft?(peer: PeerId): boolean;
  /** `by`, a member of this cluster, says that this one was removed from it. */
  wasRemoved?(by: PeerId): void;
  /** A connection was refused, by us or by them, because of who they are or what they speak. For people to read. */
  refused?(remote: string, reason: string): void;
}
