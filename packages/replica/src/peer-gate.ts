import type { Done, Logger } from "@quorate/host";
import { describeMember, type MemberId } from "@quorate/raft";
import type { StartHistory } from "@quorate/wal";
import { ForgottenStartError } from "./errors.ts";
import { messageKinds } from "./forwarding-codec.ts";
import { decodeDisowned, decodeIntroduction, encodeDisowned } from "./introduction-codec.ts";
import type { KnownStartsStore } from "./known-starts.ts";

/** What waits for a start to be recorded, of each peer; more than that is dropped, as a network may. */
const maxHeldMessages = 1000;
const maxHeldBytes = 4 * 1024 * 1024;

export interface PeerGateParts {
  readonly memberId: MemberId;
  readonly incarnation: number;
  readonly knownStarts: KnownStartsStore;
  readonly logger: Logger;
  /** To a peer that is connected. */
  readonly send: (to: MemberId, message: Uint8Array) => void;
  /** Takes in a message of a start that is recorded. Not called from inside `receive` only. */
  readonly take: (from: MemberId, incarnation: number, bytes: Uint8Array) => void;
  readonly failed: (error: Error) => void;
}

/** A start that has introduced itself and is not recorded yet. */
interface Newcomer {
  readonly incarnation: number;
  readonly held: Uint8Array[];
  heldBytes: number;
}

/**
 * Lets in what peers say, once it is recorded which start of theirs speaks. A disk that was wiped, or is an older copy of
 * itself, has forgotten what its member promised: votes, terms, entries. It has also forgotten the newest start that its peers
 * know, and nothing that is said from it is taken in (docs/decisions/0008-starts-known-by-peers.md).
 */
export class PeerGate {
  readonly #parts: PeerGateParts;
  /** Durable. */
  readonly #recorded: Map<MemberId, number>;
  readonly #newcomers = new Map<MemberId, Newcomer>();
  /** The newest start of each peer that was turned away, so that it is said once. */
  readonly #disowned = new Map<MemberId, number>();
  #isSaving = false;
  #whenSaved: Done | undefined;

  constructor(parts: PeerGateParts) {
    this.#parts = parts;
    this.#recorded = new Map(parts.knownStarts.starts);
  }

  receive(from: MemberId, incarnation: number, bytes: Uint8Array): void {
    if (bytes[0] === messageKinds.introduction) {
      const introduction = decodeIntroduction(bytes);
      if (introduction?.incarnations.at(-1) === incarnation) this.#introduced(from, incarnation, introduction);
    } else if (bytes[0] === messageKinds.disowned) {
      const disowned = decodeDisowned(bytes);
      if (disowned?.incarnation === this.#parts.incarnation) this.#parts.failed(this.#forgotten(from, disowned.known));
    } else if (this.#newcomers.has(from)) {
      this.#hold(from, incarnation, bytes);
    } else if (this.#recorded.get(from) === incarnation) {
      this.#parts.take(from, incarnation, bytes);
    }
  }

  /** Calls `done` when nothing is being written any more. Nothing is let in after that. */
  stop(done: Done): void {
    this.#newcomers.clear();
    this.#recorded.clear();
    if (this.#isSaving) this.#whenSaved = done;
    else done(undefined);
  }

  #introduced(from: MemberId, incarnation: number, starts: StartHistory): void {
    const known = this.#newcomers.get(from)?.incarnation ?? this.#recorded.get(from) ?? 0;
    if (incarnation === known) return;
    if (!mayHaveBeen(known, starts)) return this.#disown(from, incarnation, known);
    this.#newcomers.set(from, { incarnation, held: [], heldBytes: 0 });
    this.#save();
  }

  #disown(from: MemberId, incarnation: number, known: number): void {
    this.#parts.send(from, encodeDisowned({ incarnation, known }));
    if (this.#disowned.get(from) === incarnation) return;
    this.#disowned.set(from, incarnation);
    this.#parts.logger.error(
      `member ${describeMember(from)} is not listened to: it has forgotten its start ${known}, so its disk was wiped or is ` +
        "an older copy, or it runs twice. Remove it and let another member join in its place, under a new id",
      { peer: from, incarnation, known },
    );
  }

  #hold(from: MemberId, incarnation: number, bytes: Uint8Array): void {
    const newcomer = this.#newcomers.get(from);
    if (newcomer?.incarnation !== incarnation) return;
    if (newcomer.held.length >= maxHeldMessages || newcomer.heldBytes + bytes.length > maxHeldBytes) return;
    newcomer.held.push(bytes);
    newcomer.heldBytes += bytes.length;
  }

  /** Records everybody who is new, in one write; whoever comes meanwhile is in the next. */
  #save(): void {
    if (this.#isSaving) return;
    this.#isSaving = true;
    const saved = [...this.#newcomers];
    const starts = new Map(this.#recorded);
    for (const [member, { incarnation }] of saved) starts.set(member, incarnation);
    this.#parts.knownStarts.save(starts, (error) => {
      this.#isSaving = false;
      if (this.#whenSaved !== undefined) return this.#whenSaved(undefined);
      if (error !== undefined) return this.#parts.failed(error);
      for (const [member, newcomer] of saved) this.#letIn(member, newcomer);
      if (this.#newcomers.size > 0) this.#save();
    });
  }

  #letIn(member: MemberId, newcomer: Newcomer): void {
    // Another start of it may have come meanwhile: then this one is over.
    if (this.#newcomers.get(member) !== newcomer) return;
    this.#newcomers.delete(member);
    this.#recorded.set(member, newcomer.incarnation);
    for (const bytes of newcomer.held) this.#parts.take(member, newcomer.incarnation, bytes);
  }

  #forgotten(from: MemberId, known: number): ForgottenStartError {
    const { memberId } = this.#parts;
    return new ForgottenStartError(
      `member ${describeMember(from)} knows start ${known} of this member, and this disk does not: it was wiped or is an older ` +
        `copy, or a second process runs as this member. What member ${describeMember(memberId)} has promised is forgotten, and it ` +
        "cannot take part again. Remove it and let another member join in its place, under a new id",
    );
  }
}

/** Whether a disk with these starts may have been the one that spoke in the known one; 0 for none. */
function mayHaveBeen(known: number, { incarnations, isWhole }: StartHistory): boolean {
  if (known === 0 || incarnations.includes(known)) return true;
  return !isWhole && known < (incarnations[0] as number);
}
