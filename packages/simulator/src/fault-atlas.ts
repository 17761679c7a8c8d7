import { majority } from "@quorate/raft";
import type { MemberId } from "@quorate/raft";

/**
 * Which members have lost something that they may have acknowledged. What a quorum has committed stays recoverable while
 * fewer than a quorum's worth of copies are damaged *at one time*: at most `majority - 1` of the members here
 * (TigerBeetle's ClusterFaultAtlas; testing-anchors §1.3). A member leaves the atlas once it starts with a whole log; one whose
 * disk was wiped, or is an older copy, never does.
 */
export class FaultAtlas {
  readonly #damaged = new Set<MemberId>();
  readonly #lost = new Set<MemberId>();
  readonly #limit: number;

  constructor(members: number) {
    this.#limit = majority(members) - 1;
  }

  get damaged(): ReadonlySet<MemberId> {
    return this.#damaged;
  }

  /** Members whose disks were wiped or exchanged for older copies: they never take part again. */
  get lost(): ReadonlySet<MemberId> {
    return this.#lost;
  }

  /** Whether this member's disk may be damaged now. */
  mayDamage(id: MemberId): boolean {
    if (this.#lost.has(id)) return false;
    return this.#damaged.has(id) || this.#damaged.size + this.#lost.size < this.#limit;
  }

  noteLost(id: MemberId): void {
    this.#damaged.delete(id);
    this.#lost.add(id);
  }

  noteDamage(id: MemberId): void {
    this.#damaged.add(id);
  }

  noteWhole(id: MemberId): void {
    this.#damaged.delete(id);
  }
}
