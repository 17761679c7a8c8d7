import { readU32, writeU32 } from "@quorate/raft";
import type { LogPosition, MemberId, Term } from "@quorate/raft";
import type { CoreState } from "./core-state.ts";

/** One state on its way from one member to another. */
export interface StateTransfer {
  readonly id: number;
  readonly from: MemberId;
  readonly to: MemberId;
  readonly state: CoreState;
  /** The term in which its sender led. */
  readonly term: Term;
  /** How many messages it takes. */
  readonly chunks: number;
}

/** What the chunks of all transfers of a world stand for: messages carry a transfer's number, and not its state. */
export class StatesUnderWay {
  readonly #transfers = new Map<number, StateTransfer>();
  #count = 0;

  add(transfer: Omit<StateTransfer, "id">): StateTransfer {
    const added = { ...transfer, id: ++this.#count };
    this.#transfers.set(added.id, added);
    return added;
  }

  get(id: number): StateTransfer | undefined {
    return this.#transfers.get(id);
  }
}

/** Types of messages beside those of cores: the state is offered, asked for chunk by chunk, and was installed. */
export const stateMessages = { offer: 200, have: 201, chunk: 202, done: 203 } as const;

/** Bytes that no core is shown: 0 the type, 1 to 4 the transfer, 5 to 8 a number of chunks. */
const messageBytes = 9;

export interface StateMessage {
  readonly type: number;
  readonly id: number;
  readonly chunks: number;
}

export function encodeStateMessage({ type, id, chunks }: StateMessage): Uint8Array {
  const bytes = new Uint8Array(messageBytes);
  bytes[0] = type;
  writeU32(bytes, 1, id);
  writeU32(bytes, 5, chunks);
  return bytes;
}

/** Undefined for a message between cores. */
export function decodeStateMessage(bytes: Uint8Array): StateMessage | undefined {
  const [type = 0] = bytes;
  if (type < stateMessages.offer || bytes.length !== messageBytes) return undefined;
  return { type, id: readU32(bytes, 1), chunks: readU32(bytes, 5) };
}

/** What a courier needs of the member that it works for. */
export interface CourierHome {
  readonly id: MemberId;
  /** Verified so far, of the state as of this position; kept when the process goes. */
  received: { readonly position: LogPosition; readonly chunks: number };
  send(to: MemberId, message: StateMessage): void;
  /** Calls back later, unless the process is gone by then. */
  later(delayMs: number, act: () => void): void;
  /** Whether a state as of there is wanted at all. */
  wants(position: LogPosition): boolean;
  install(transfer: StateTransfer): void;
  /** What came of a transfer that was begun. */
  sent(to: MemberId, position: LogPosition | undefined): void;
}

/** So often in a row nothing comes of a message before its transfer is given up. */
const mostTries = 5;

/** Sends states and receives them, one message at a time, each again and again until it is answered. */
export class StateCourier {
  readonly #home: CourierHome;
  readonly #states: StatesUnderWay;
  readonly #retryMs: number;
  readonly #installMs: number;
  readonly #sending = new Map<MemberId, { readonly transfer: StateTransfer; tries: number; message: StateMessage }>();
  readonly #installing = new Set<number>();

  constructor(
    home: CourierHome,
    states: StatesUnderWay,
    pace: { readonly retryMs: number; readonly installMs: number },
  ) {
    this.#home = home;
    this.#states = states;
    this.#retryMs = pace.retryMs;
    this.#installMs = pace.installMs;
  }

  send(to: MemberId, state: CoreState, term: Term, chunks: number): void {
    const transfer = this.#states.add({ from: this.#home.id, to, state, term, chunks });
    const sending = { transfer, tries: 0, message: { type: stateMessages.offer, id: transfer.id, chunks } };
    this.#sending.set(to, sending);
    this.#try(to, transfer);
  }

  cancel(to: MemberId): void {
    this.#sending.delete(to);
  }

  receive(from: MemberId, { type, id, chunks }: StateMessage): void {
    const transfer = this.#states.get(id);
    if (transfer === undefined) return;
    if (type === stateMessages.offer || type === stateMessages.chunk) this.#take(transfer, type, chunks);
    else this.#answered(from, transfer, type, chunks);
  }

  #try(to: MemberId, transfer: StateTransfer): void {
    const sending = this.#sending.get(to);
    if (sending?.transfer !== transfer) return;
    if (sending.tries++ >= mostTries) {
      this.#sending.delete(to);
      this.#home.sent(to, undefined);
      return;
    }
    this.#home.send(to, sending.message);
    this.#home.later(this.#retryMs, () => this.#try(to, transfer));
  }

  #answered(from: MemberId, transfer: StateTransfer, type: number, chunks: number): void {
    const sending = this.#sending.get(from);
    if (sending?.transfer !== transfer) return;
    if (type === stateMessages.done) {
      this.#sending.delete(from);
      this.#home.sent(from, transfer.state.position);
      return;
    }
    if (sending.message.type === stateMessages.chunk && sending.message.chunks > chunks) return;
    const isNews = sending.message.type === stateMessages.offer || sending.message.chunks < chunks + 1;
    if (chunks >= transfer.chunks || !isNews) return;
    // The next one, and at once.
    sending.message = { type: stateMessages.chunk, id: transfer.id, chunks: chunks + 1 };
    sending.tries = 0;
    this.#home.send(from, sending.message);
  }

  /** `chunks` is what is held once this message is. What was verified before a crash is not sent again. */
  #take(transfer: StateTransfer, type: number, chunks: number): void {
    const home = this.#home;
    const { position } = transfer.state;
    if (!home.wants(position))
      return home.send(transfer.from, { type: stateMessages.done, id: transfer.id, chunks: 0 });
    const isKnown = home.received.position.index === position.index && home.received.position.term === position.term;
    if (!isKnown) home.received = { position, chunks: 0 };
    if (type === stateMessages.chunk && chunks === home.received.chunks + 1) home.received = { position, chunks };
    home.send(transfer.from, { type: stateMessages.have, id: transfer.id, chunks: home.received.chunks });
    if (home.received.chunks < transfer.chunks || this.#installing.has(transfer.id)) return;
    this.#installing.add(transfer.id);
    home.later(this.#installMs, () => {
      this.#installing.delete(transfer.id);
      if (home.wants(position)) home.install(transfer);
      home.send(transfer.from, { type: stateMessages.done, id: transfer.id, chunks: 0 });
    });
  }
}
