import type { HostError } from "../errors.ts";
import type { ByteStream, ByteStreamEvents, Listener, NetworkAddress } from "../links.ts";
import { ComplianceError, expectPlainBytes, joined } from "./case.ts";
import type { ComplianceFixture } from "./case.ts";
import { succeed } from "./operation.ts";

/** One end of a stream and all that it reported. */
export class StreamEnd {
  stream: ByteStream | undefined;
  readonly chunks: Uint8Array[] = [];
  receivedBytes = 0;
  opened = 0;
  drained = 0;
  closes: (HostError | undefined)[] = [];
  readonly events: ByteStreamEvents;
  readonly #watchers = new Set<() => void>();

  constructor() {
    this.events = {
      open: () => this.#report(() => this.opened++),
      data: (bytes) =>
        this.#report(() => {
          expectPlainBytes(bytes, "the bytes of a stream");
          if (bytes.length === 0) throw new ComplianceError("a stream delivered no bytes as data");
          this.chunks.push(bytes);
          this.receivedBytes += bytes.length;
        }),
      drain: () => this.#report(() => this.drained++),
      close: (error) => this.#report(() => this.closes.push(error)),
    };
  }

  get closed(): boolean {
    return this.closes.length > 0;
  }

  received(): Uint8Array {
    return joined(this.chunks);
  }

  /** Lets the world run until `holds`, which is asked after every event of this end. */
  async until(fixture: ComplianceFixture, holds: () => boolean): Promise<void> {
    await fixture.settle<void>((done) => {
      if (holds()) {
        done();
        return;
      }
      const watch = (): void => {
        if (!holds()) return;
        this.#watchers.delete(watch);
        done();
      };
      this.#watchers.add(watch);
    });
  }

  #report(record: () => void): void {
    if (this.closed) throw new ComplianceError("a stream reported an event after close");
    record();
    for (const watch of this.#watchers) watch();
  }
}

export interface Listening {
  readonly listener: Listener;
  /** The accepted ends, in the order of their coming. */
  readonly accepted: readonly StreamEnd[];
}

export async function listen(fixture: ComplianceFixture, onAccept?: (end: StreamEnd) => void): Promise<Listening> {
  const accepted: StreamEnd[] = [];
  const listener = await succeed<Listener>(fixture, (done) =>
    fixture.host.links.listen(
      { host: fixture.address, port: 0 },
      (stream) => {
        const end = new StreamEnd();
        end.stream = stream;
        accepted.push(end);
        onAccept?.(end);
        return end.events;
      },
      done,
    ),
  );
  return { listener, accepted };
}

export function connect(fixture: ComplianceFixture, address: NetworkAddress): StreamEnd & { stream: ByteStream } {
  const end = new StreamEnd();
  const stream = fixture.host.links.connect(address, end.events);
  if (end.closed || end.opened > 0) throw new ComplianceError("a stream reported from inside connect");
  return Object.assign(end, { stream });
}

export interface Pair {
  readonly near: StreamEnd & { stream: ByteStream };
  readonly far: StreamEnd & { stream: ByteStream };
  readonly listener: Listener;
}

/** Two ends of an open stream. */
export async function openPair(fixture: ComplianceFixture): Promise<Pair> {
  const arrival = new StreamEnd();
  const { listener, accepted } = await listen(fixture, () => arrival.events.open?.());
  const near = connect(fixture, listener.address);
  await near.until(fixture, () => near.opened > 0);
  await arrival.until(fixture, () => arrival.opened > 0);
  const far = accepted[0];
  if (far?.stream === undefined) throw new ComplianceError("a stream opened that the listener did not accept");
  return { near, far: far as StreamEnd & { stream: ByteStream }, listener };
}
