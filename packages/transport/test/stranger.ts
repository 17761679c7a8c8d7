import type { NetworkAddress } from "@quorate/host";
import { GreetingReader, type Greeting, type Hello } from "../src/greeting.ts";
import type { MemoryStream, MemoryWorld } from "./memory-world.ts";

/** Somebody who dials a port and says what a test wants; keeps what it is answered. */
export class Stranger {
  readonly stream: MemoryStream;
  readonly #reader = new GreetingReader();
  answer: Greeting | undefined;
  closed = false;

  constructor(world: MemoryWorld, address: NetworkAddress, says: Uint8Array) {
    this.stream = world.connect(address, {
      open: () => this.stream.write([says]),
      data: (bytes) => {
        const read = this.#reader.push(bytes);
        if (typeof read === "object") this.answer = read.greeting;
      },
      close: () => {
        this.closed = true;
      },
    });
  }
}

/** What member 2 says when it dials the control lane of member 1 for the first time. */
export const hello: Hello = {
  kind: "hello",
  lane: "control",
  minVersion: 1,
  maxVersion: 1,
  maxMessageBytes: 1_000_000,
  clusterId: 77,
  from: 2,
  to: 1,
  incarnation: 1,
  connection: 1,
  seen: 0,
};
