import type { Logger } from "@quorate/host";
import type { PeerEvents, PeerId } from "./interface.ts";
import type { TransportLimits } from "./limits.ts";
import type { LogLimiter } from "./log-limiter.ts";
import type { OpenWires, TransportHost } from "./wire.ts";

/** Who this side is, as its handshakes say. */
export interface Identity {
  readonly clusterId: number;
  readonly memberId: PeerId;
  readonly incarnation: number;
}

/** What every part of one transport shares. */
export interface Surroundings {
  readonly host: TransportHost;
  readonly self: Identity;
  readonly limits: TransportLimits;
  /** T in ms, read at each use: it is replicated configuration and may change. */
  readonly timing: { readonly electionTimeoutMs: number };
  readonly events: PeerEvents;
  readonly logger: Logger;
  /** For lines that a stranger can cause. */
  readonly limiter: LogLimiter;
  readonly wires: OpenWires;
}

/** Says to people, at a bounded rate, that a connection was refused: by this side or by the other. */
export function reportRefusal(around: Surroundings, message: string, remote: string, reason: string): void {
  if (around.limiter.warn(message, { remote, reason })) around.events.refused?.(remote, reason);
}
