import type { Logger } from "@quorate/host";
import { describeMember, type MemberId } from "@quorate/raft";
import type { Lane, PeerEvents } from "@quorate/transport";
import { PeerGate, type PeerGateParts } from "./peer-gate.ts";
import { PeerSender, type PeerSenderParts } from "./peer-sender.ts";

export interface PeerSideParts
  extends PeerSenderParts,
    Pick<PeerGateParts, "memberId" | "incarnation" | "knownStarts" | "logger" | "failed"> {
  readonly logger: Logger;
  /** Whether an id was a member's that left: it never comes back. */
  readonly wasRemoved: (peer: MemberId) => boolean;
  /** Takes a message of a peer that is let in. */
  readonly receive: (from: MemberId, incarnation: number, bytes: Uint8Array) => void;
  /** Runs one input while the member lives. */
  readonly guarded: (input: () => void) => void;
  /** The bulk lane to `peer` is gone: what was sent on it and not answered may be lost. */
  readonly lost: (peer: MemberId) => void;
}

/** The other members, as this one hears and speaks to them. */
export class PeerSide implements PeerEvents {
  readonly sender: PeerSender;
  readonly gate: PeerGate;
  readonly #parts: PeerSideParts;

  constructor(parts: PeerSideParts) {
    const { receive, guarded } = parts;
    this.#parts = parts;
    this.sender = new PeerSender(parts);
    this.gate = new PeerGate({
      ...parts,
      send: (to, message) => this.sender.answer(to, [message]),
      take: (from, start, bytes) => guarded(() => receive(from, start, bytes)),
    });
  }

  message(from: MemberId, incarnation: number, bytes: Uint8Array): void {
    this.#parts.guarded(() => this.gate.receive(from, incarnation, bytes));
  }

  connected(peer: MemberId, lane: Lane, incarnation: number): void {
    this.sender.connected(peer, lane, incarnation);
    this.#parts.logger.info(`${lane} link to member ${describeMember(peer)} is up`, { peer, lane, incarnation });
  }

  disconnected(peer: MemberId, lane: Lane, reason: string): void {
    this.#parts.logger.info(`${lane} link to member ${describeMember(peer)} is down: ${reason}`, { peer, lane });
    if (lane !== "bulk") return;
    this.sender.bulkDisconnected(peer);
    this.#parts.guarded(() => this.#parts.lost(peer));
  }

  /**
   * Somebody whom this member's configuration does not name yet may be its leader, or a candidate that only its vote is
   * missing to: servers heed requests whatever their own configuration says (dissertation §4.1).
   */
  admits(peer: MemberId): boolean {
    return !this.#parts.wasRemoved(peer);
  }

  refused(remote: string, reason: string): void {
    this.#parts.logger.warn(`a connection with ${remote} was refused: ${reason}`, { remote });
  }
}
