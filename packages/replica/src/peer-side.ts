import type { Logger } from "@quorate/host";
import { describeMember, isMember, type MemberId, type RaftCore } from "@quorate/raft";
import type { Lane, PeerEvents } from "@quorate/transport";
import { PeerGate, type PeerGateParts } from "./peer-gate.ts";
import { PeerSender, type PeerSenderParts } from "./peer-sender.ts";

export interface PeerSideParts
  extends PeerSenderParts,
    Pick<PeerGateParts, "memberId" | "incarnation" | "knownStarts" | "logger" | "failed"> {
  readonly logger: Logger;
  readonly core: Pick<RaftCore, "status">;
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
  #removedAccordingTo: MemberId = 0;

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
    return !this.#parts.core.status().configuration.removed.includes(peer);
  }

  /** A removal that is not committed may be taken back. */
  hasLeft(peer: MemberId): boolean {
    const { configuration, configurationIndex, commitIndex } = this.#parts.core.status();
    return commitIndex >= configurationIndex && configuration.removed.includes(peer) && !isMember(configuration, peer);
  }

  /** The member that has said that this one was removed from the cluster; 0 for none. */
  get removedAccordingTo(): MemberId {
    return this.#removedAccordingTo;
  }

  /** This member was away when that was committed, and the leader has stopped telling it. */
  toldOfRemoval(by: MemberId): void {
    if (this.#removedAccordingTo !== 0) return;
    this.#removedAccordingTo = by;
    const message = `member ${describeMember(by)} says that this member was removed from the cluster, for good`;
    this.#parts.logger.error(message, { by });
  }

  refused(remote: string, reason: string): void {
    this.#parts.logger.warn(`a connection with ${remote} was refused: ${reason}`, { remote });
  }
}
