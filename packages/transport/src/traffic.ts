import { doublingBounds, DurationHistogram } from "@quorate/host";

/** What went to and came from one peer since it was declared, or became a guest. */
export interface PeerTraffic {
  /** Bytes of messages that were given to a connection. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Messages that were dropped at once: no connection, no room, or too large. */
  readonly failedSends: number;
  /** Of pings: from 0.1 ms to 3.3 s, the buckets that etcd's dashboards expect. */
  readonly roundTrips: DurationHistogram;
}

export class Traffic implements PeerTraffic {
  sentBytes = 0;
  receivedBytes = 0;
  failedSends = 0;
  readonly roundTrips = new DurationHistogram(doublingBounds(0.1, 16));

  /** Counts a message, whose bytes are undefined when it was dropped. Returns whether it was sent. */
  sent(bytes: number | undefined): boolean {
    if (bytes === undefined) this.failedSends++;
    else this.sentBytes += bytes;
    return bytes !== undefined;
  }
}
