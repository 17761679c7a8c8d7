import { readU32, writeU32 } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";
import type { LogDevice } from "./log-device.ts";

/** Of the message, beside those of cores: nobody listens to a start that has forgotten an earlier one. */
const disownedType = 210;
/** 0 the type, 1 to 4 the start that is not listened to, 5 to 8 the one that it does not know. */
const disownedBytes = 9;

export interface Disowned {
  readonly incarnation: number;
  readonly known: number;
}

/** What a gate needs of the member that it stands before. */
export interface GateHome {
  readonly durable: LogDevice;
  note(text: string): void;
  send(to: MemberId, bytes: Uint8Array): void;
  /** Its process ends, for good. */
  stop(): void;
}

/**
 * Which starts of the others a member listens to: what replica's `peer-gate.ts` does (docs/decisions/0008-starts-known-by-peers.md),
 * in a page. Peers keep on their disks the newest start of each other that they have heard, and a disk that does not know that
 * start was wiped: what its member has promised is forgotten, and nothing that it says is taken in. Here connections say by
 * themselves who is at their ends, what is heard is durable at once, and every disk remembers all its starts.
 */
export class StartGate {
  readonly #home: GateHome;
  readonly #diskOf: (id: MemberId) => LogDevice;

  constructor(home: GateHome, diskOf: (id: MemberId) => LogDevice) {
    this.#home = home;
    this.#diskOf = diskOf;
  }

  /** Both sides of a new connection say who they are. */
  connected(peer: MemberId, incarnation: number): void {
    const known = this.#home.durable.knownStarts.get(peer) ?? 0;
    if (incarnation > known) this.#lets(peer, incarnation, known);
  }

  /** Whether a message is for the member: of a start that it listens to, and not about its own. */
  lets(from: MemberId, incarnation: number, bytes: Uint8Array): boolean {
    const { durable } = this.#home;
    const known = durable.knownStarts.get(from) ?? 0;
    // Of a process that is gone: the transport refuses it.
    if (incarnation < known) return false;
    if (incarnation > known && !this.#lets(from, incarnation, known)) return false;
    const disowned = decodeDisowned(bytes);
    if (disowned?.incarnation === durable.incarnation) this.#disowned(from, disowned.known);
    return disowned === undefined;
  }

  #lets(from: MemberId, incarnation: number, known: number): boolean {
    const speaker = this.#diskOf(from);
    if (known > 0 && !speaker.starts.includes(known)) {
      this.#home.note(`does not listen to member ${from}: it has forgotten its start ${known}, so its disk was wiped`);
      this.#home.send(from, encodeDisowned({ incarnation, known }));
      return false;
    }
    this.#home.durable.knownStarts.set(from, incarnation);
    speaker.isUnheard = false;
    return true;
  }

  #disowned(by: MemberId, known: number): void {
    this.#home.note(
      `stops: member ${by} knows start ${known} of this member, and this disk does not: it was wiped. ` +
        "Remove it and let another member join in its place, under a new id",
    );
    this.#home.stop();
  }
}

export function encodeDisowned({ incarnation, known }: Disowned): Uint8Array {
  const bytes = new Uint8Array(disownedBytes);
  bytes[0] = disownedType;
  writeU32(bytes, 1, incarnation);
  writeU32(bytes, 5, known);
  return bytes;
}

/** Undefined for any other message. */
export function decodeDisowned(bytes: Uint8Array): Disowned | undefined {
  if (bytes[0] !== disownedType || bytes.length !== disownedBytes) return undefined;
  return { incarnation: readU32(bytes, 1), known: readU32(bytes, 5) };
}
