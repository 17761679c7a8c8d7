import { HostError } from "@quorate/host";
import type { Lane } from "./interface.ts";

/** Everything has a bound. Bytes are bytes, times are milliseconds. */
export interface TransportLimits {
  /**
   * The largest message, 1 KiB to 64 MiB. Each side names its own in the handshake, and a sender keeps to the smaller.
   * It must hold the largest message that the member may send. Unless given, it is 2 MiB and slack, or that largest
   * message where it is larger.
   */
  readonly maxMessageBytes: number;
  /** What may wait to be sent on one lane of one peer: how many bytes, and how many messages. */
  readonly control: SendBound;
  readonly bulk: SendBound;
  /** Inbound connections whose handshake is not done, all strangers together; beyond it the oldest is closed. */
  readonly maxPendingHandshakes: number;
  /** An attempt to connect, or an inbound handshake, takes no longer than this. */
  readonly handshakeTimeoutMs: number;
  /** The wait before the first attempt after a loss, and the longest wait; in between it doubles. Each is jittered. */
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** A connection that lived this long was a good one: the next wait is the first one again. */
  readonly stableAfterMs: number;
  /** How long a connection that is closed in order may take to send what it still holds. */
  readonly lingerMs: number;
}

export interface SendBound {
  readonly bytes: number;
  readonly messages: number;
}

const mebibyte = 1024 * 1024;

export const defaultTransportLimits: TransportLimits = {
  maxMessageBytes: 2 * mebibyte + 64 * 1024,
  control: { bytes: 8 * mebibyte, messages: 65_536 },
  bulk: { bytes: 32 * mebibyte, messages: 16_384 },
  maxPendingHandshakes: 64,
  handshakeTimeoutMs: 2000,
  reconnectMinMs: 20,
  reconnectMaxMs: 1000,
  stableAfterMs: 5000,
  lingerMs: 1000,
};

/**
 * The defaults with what is given over them; `largestMessageBytes` is the largest message that will ever be sent.
 * @throws HostError `invalid`, naming the limit.
 */
export function checkedLimits(given: Partial<TransportLimits>, largestMessageBytes = 0): TransportLimits {
  const maxMessageBytes =
    given.maxMessageBytes ?? Math.max(defaultTransportLimits.maxMessageBytes, largestMessageBytes);
  const limits = { ...defaultTransportLimits, ...given, maxMessageBytes };
  within("maxMessageBytes", maxMessageBytes, 1024, 64 * mebibyte);
  if (maxMessageBytes < largestMessageBytes) {
    // Such a message would be dropped each time that it is sent, and its receiver left behind for ever.
    throw new HostError(
      "invalid",
      "maxMessageBytes",
      `the transport's limit maxMessageBytes is ${maxMessageBytes}, and a message of this member may have ` +
        `${largestMessageBytes} bytes: raise the limit, or lower maxCommandBytes, on every member`,
    );
  }
  for (const lane of ["control", "bulk"] as const satisfies readonly Lane[]) {
    within(`${lane}.bytes`, limits[lane].bytes, maxMessageBytes, 1024 * mebibyte);
    within(`${lane}.messages`, limits[lane].messages, 1, 1_000_000);
  }
  within("maxPendingHandshakes", limits.maxPendingHandshakes, 1, 10_000);
  within("handshakeTimeoutMs", limits.handshakeTimeoutMs, 1, 600_000);
  within("reconnectMinMs", limits.reconnectMinMs, 1, 600_000);
  within("reconnectMaxMs", limits.reconnectMaxMs, limits.reconnectMinMs, 600_000);
  within("stableAfterMs", limits.stableAfterMs, 0, 600_000);
  within("lingerMs", limits.lingerMs, 0, 600_000);
  return limits;
}

function within(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new HostError(
    "invalid",
    name,
    `the transport's limit ${name} is ${value}; it must be from ${least} to ${most}`,
  );
}
