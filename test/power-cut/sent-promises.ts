import { decodeMessage, type Message } from "@quorate/raft";
import { FrameReader } from "../../packages/transport/src/frame-reader.ts";
import { frameTypes } from "../../packages/transport/src/frame.ts";
import { GreetingReader, type Introduction } from "../../packages/transport/src/greeting.ts";
import { messageKinds } from "../../packages/replica/src/forwarding-codec.ts";

/** What a message binds its sender to, whatever happens to its power (Raft Figure 2: what is on stable storage). */
export interface Promised {
  readonly member: number;
  /** It will never again act in a lower one. */
  readonly term: number;
  /** Whom it votes for in that term, itself included; undefined where the message does not say. */
  readonly vote: number | undefined;
  /** Everything up to here is durable and equals the log of that term's leader. */
  readonly match: number | undefined;
}

const magic = Buffer.from("QUORATE\0");

/** The bytes that members write to one socket, read with the production decoders: only peer links are of interest. */
export class SentStream {
  readonly #promise: (promised: Promised) => void;
  #greeting: GreetingReader | undefined = new GreetingReader();
  #frames: FrameReader | undefined;
  #isForeign = false;
  #begun = false;

  constructor(promise: (promised: Promised) => void) {
    this.#promise = promise;
  }

  push(bytes: Uint8Array): void {
    if (!this.#begun && bytes.length > 0) {
      this.#begun = true;
      this.#isForeign = !Buffer.from(bytes).subarray(0, magic.length).equals(magic);
    }
    if (this.#isForeign) return;
    if (this.#greeting === undefined) return this.#read(bytes);
    const greeted = this.#greeting.push(bytes);
    if (greeted === undefined) return;
    this.#greeting = undefined;
    if (typeof greeted === "string") throw new Error(`a member sent what is no greeting: ${greeted}`);
    if (greeted.greeting.kind !== "hello" && greeted.greeting.kind !== "welcome") {
      this.#isForeign = true;
      return;
    }
    const introduction = greeted.greeting;
    this.#frames = new FrameReader(0xffff_ffff, (type, payload) => {
      if (type === frameTypes.message && payload[0] === messageKinds.raft)
        this.#take(introduction, payload.subarray(1));
    });
    this.#read(greeted.rest);
  }

  #read(bytes: Uint8Array): void {
    const wrong = this.#frames?.push(bytes);
    if (wrong !== undefined) throw new Error(`a member sent what cannot be read: ${wrong}`);
  }

  #take({ from, to }: Introduction, bytes: Uint8Array): void {
    const promised = promiseOf(decodeMessage(new Uint8Array(bytes)), from, to);
    if (promised !== undefined) this.#promise(promised);
  }
}

function promiseOf(message: Message, from: number, to: number): Promised | undefined {
  const { term } = message;
  switch (message.type) {
    case "vote-request":
    // Whoever leads has voted for itself.
    case "append":
    case "heartbeat":
    case "timeout-now":
      return { member: from, term, vote: from, match: undefined };
    case "vote-response":
      return { member: from, term, vote: message.granted ? to : undefined, match: undefined };
    case "append-accepted":
      return { member: from, term, vote: undefined, match: message.match };
    case "append-rejected":
    case "heartbeat-response":
      return { member: from, term, vote: undefined, match: undefined };
    // Asking and being asked beforehand binds nobody (dissertation §9.6), nor do reads.
    case "pre-vote-request":
    case "pre-vote-response":
    case "read-index-request":
    case "read-index-response":
      return undefined;
  }
}
