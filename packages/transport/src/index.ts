/**
 * Links between members: a control and a bulk connection to each peer over a host's byte streams, with a handshake that
 * refuses strangers, bounded buffers, measured round-trip times, and reconnection. docs/peer-protocol.md has the bytes.
 *
 * @packageDocumentation
 */
export * from "./interface.ts";
export type { PeerTraffic } from "./traffic.ts";
export { defaultTransportLimits } from "./limits.ts";
export type { SendBound, TransportLimits } from "./limits.ts";
export { createPeerTransport } from "./peer-transport.ts";
export type { PeerTransport, PeerTransportOptions } from "./peer-transport.ts";
export { askPeer } from "./ask-peer.ts";
export type { TransportHost } from "./wire.ts";
