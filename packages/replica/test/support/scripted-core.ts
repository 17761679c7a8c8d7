import type { ChangeRefused, Effect, Proposed, RaftCore, RaftStatus, Refused, TransferRefused } from "@quorate/raft";

/** A core that answers what a test tells it to, and remembers what it was asked. */
export class ScriptedCore implements RaftCore {
  answer: Refused | "accept" = "accept";
  readAnswer: Refused | undefined;
  term = 1;
  lastIndex = 0;
  readonly proposed: Uint8Array[][] = [];
  readonly reads: number[] = [];
  readonly forgotten: number[] = [];
  takesTransfers = true;
  /** When it was asked to hand over. */
  readonly transfers: number[] = [];

  propose(_now: number, commands: readonly Uint8Array[]): Proposed | Refused {
    if (this.answer !== "accept") return this.answer;
    this.proposed.push([...commands]);
    const firstIndex = this.lastIndex + 1;
    this.lastIndex += commands.length;
    return { ok: true, firstIndex, term: this.term };
  }

  changeConfiguration(): ChangeRefused {
    return { ok: false, refusal: { reason: "not-ready" } };
  }

  abandonChange(): ChangeRefused {
    return { ok: false, refusal: { reason: "nothing-to-abandon", why: "not scripted" } };
  }

  transferLeadership(now: number): TransferRefused | undefined {
    if (!this.takesTransfers) return { ok: false, refusal: { reason: "no-target" } };
    this.transfers.push(now);
    return undefined;
  }

  requestRead(_now: number, id: number): Refused | undefined {
    if (this.readAnswer === undefined) this.reads.push(id);
    return this.readAnswer;
  }

  forgetRead(id: number): void {
    this.forgotten.push(id);
  }

  configurationAt(): undefined {
    return undefined;
  }

  receive(): void {}
  dropLease(): void {}
  prune(): void {}
  observeStateBytes(): void {}
  stateSent(): void {}
  installed(): void {}
  stored(): void {}
  applied(): void {}
  loaded(): void {}
  unreachable(): void {}
  observeRoundTrip(): void {}
  tick(): void {}

  deadline(): number {
    return Number.POSITIVE_INFINITY;
  }

  takeEffects(): Effect[] {
    return [];
  }

  status(): RaftStatus {
    throw new Error("not scripted");
  }
}

export const notLeader = (leader: number): Refused => ({ ok: false, refusal: { reason: "not-leader", leader } });
export const busy: Refused = { ok: false, refusal: { reason: "busy", bound: "maxUncommittedBytes" } };
