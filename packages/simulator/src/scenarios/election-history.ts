import { majority } from "@quorate/raft";
import type { MemberId, Message, Term, TimeMs } from "@quorate/raft";
import type { Checker, Observed, ObservedStatus } from "../observation.ts";
import type { World } from "../world.ts";

/** A member stood for election. */
interface Candidacy {
  readonly atMs: TimeMs;
  readonly member: MemberId;
  readonly term: Term;
  /**
   * How many were for it, itself included: they had promised their votes, or had just followed the leader that it was or
   * that asked it to stand.
   */
  readonly support: number;
}

/** A member's term moved. */
interface TermMove {
  readonly atMs: TimeMs;
  readonly member: MemberId;
  readonly term: Term;
}

/** Something happened to a leader: a step of the scenario, or that it leads no more. */
interface Turn {
  readonly atMs: TimeMs;
  readonly leader: MemberId;
  readonly term: Term;
  /** A majority had followed it within the last election timeout. */
  readonly isFollowed: boolean;
}

/** What only a follower of that term's leader says. */
const followersAnswers: ReadonlySet<Message["type"]> = new Set([
  "heartbeat-response",
  "append-accepted",
  "append-rejected",
]);

/** A step after which members may be back that were cut off. */
const returns: ReadonlySet<string> = new Set(["heal", "mend"]);

/**
 * What a run's history says of terms and leaders. It judges nothing while it runs, so that broken rules can be seen to the
 * end: `unsupportedTerms` and `deposedAtReturn` judge it afterwards.
 */
export class ElectionHistory implements Checker {
  readonly name = "election history";
  readonly #world: World;
  readonly #voters: number;
  readonly #electionTimeoutMs: number;
  readonly #candidacies: Candidacy[] = [];
  readonly #terms: TermMove[] = [];
  readonly #elections: TermMove[] = [];
  readonly #steps: (Turn & { readonly action: string })[] = [];
  readonly #ends: Turn[] = [];
  /** By candidate and term: who had promised it a vote. */
  readonly #promises = new Map<string, Set<MemberId>>();
  /** By member and term: how many followed the leader that asked it to stand then (dissertation §3.10). */
  readonly #handedTo = new Map<string, number>();
  /** Leaders and their terms, in which they handed over. */
  readonly #handedOver = new Set<string>();
  /** By leader, term and follower: when it last answered as a follower. */
  readonly #answers = new Map<string, Map<MemberId, TimeMs>>();

  constructor(world: World, { voters, electionTimeoutMs }: { voters: number; electionTimeoutMs: number }) {
    this.#world = world;
    this.#voters = voters;
    this.#electionTimeoutMs = electionTimeoutMs;
  }

  sent(member: Observed, to: MemberId, message: Message): void {
    if (message.type === "pre-vote-response" && message.granted) {
      const key = `${to} ${message.electionTerm}`;
      this.#promises.set(key, (this.#promises.get(key) ?? new Set<MemberId>()).add(member.id));
    }
    if (message.type === "timeout-now") {
      this.#handedOver.add(`${member.id} ${message.term}`);
      this.#handedTo.set(`${to} ${message.term + 1}`, this.#followers(member.id, message.term));
    }
    if (followersAnswers.has(message.type)) {
      const key = `${to} ${message.term}`;
      const answers = this.#answers.get(key) ?? new Map<MemberId, TimeMs>();
      this.#answers.set(key, answers.set(member.id, this.#world.nowMs));
    }
  }

  changed({ id }: Observed, before: ObservedStatus, after: ObservedStatus): void {
    const move = { atMs: this.#world.nowMs, member: id, term: after.term };
    if (after.term > before.term) {
      this.#terms.push(move);
      if (after.vote === id) this.#candidacies.push({ ...move, support: this.#support(id, before, after.term) });
    }
    const leads = after.role === "leader";
    if (before.role === "leader" && !leads) this.#ends.push(this.#turn(id, before.term));
    if (leads && (before.role !== "leader" || after.term !== before.term)) this.#elections.push(move);
  }

  /** A step of the scenario was carried out; `leader` leads in the newest term, 0 for nobody. */
  stepDone(action: string, leader: MemberId): void {
    const term = this.#elections.findLast(({ member }) => member === leader)?.term ?? 0;
    this.#steps.push({ ...this.#turn(leader, term), action });
  }

  /** Terms that somebody took without an election that a quorum supported, as sentences. */
  unsupportedTerms(): string[] {
    const supported = new Set(
      this.#candidacies.filter(({ support }) => support >= majority(this.#voters)).map(({ term }) => term),
    );
    return this.#terms
      .filter(({ term }) => !supported.has(term))
      .map(
        ({ atMs, member, term }) => `member ${member} took the term ${term} at ${atMs} ms: no quorum supported that`,
      );
  }

  /**
   * Leaders that another one replaced when links were mended and nothing else happened, though a quorum followed them then
   * and until they led no more, and they had not handed over; as sentences.
   */
  deposedAtReturn(): string[] {
    const found: string[] = [];
    for (const [at, { atMs, leader, term, action }] of this.#returns()) {
      const endMs = this.#steps[at + 1]?.atMs ?? Number.POSITIVE_INFINITY;
      const other = this.#elections.find((won) => won.member !== leader && won.atMs > atMs && won.atMs <= endMs);
      const end = this.#ends.find((turn) => turn.leader === leader && turn.atMs > atMs && turn.atMs <= endMs);
      if (other === undefined || end?.isFollowed === false || this.#handedOver.has(`${leader} ${term}`)) continue;
      found.push(
        `member ${other.member} replaced leader ${leader} at ${other.atMs} ms, after a "${action}" at ${atMs} ms`,
      );
    }
    return found;
  }

  /** How often it was put to the test that a return deposes no leader. */
  returnsWatched(): number {
    return this.#returns().length;
  }

  #support(id: MemberId, before: ObservedStatus, term: Term): number {
    const promised = 1 + (this.#promises.get(`${id} ${term}`)?.size ?? 0);
    const followed = before.role === "leader" ? this.#followers(id, before.term) : 0;
    return Math.max(promised, followed, this.#handedTo.get(`${id} ${term}`) ?? 0);
  }

  #returns() {
    return [...this.#steps.entries()].filter(([, step]) => step.isFollowed && returns.has(step.action));
  }

  #turn(leader: MemberId, term: Term): Turn {
    const isFollowed = this.#followers(leader, term) >= majority(this.#voters);
    return { atMs: this.#world.nowMs, leader, term, isFollowed };
  }

  /** How many followed this leader in the last election timeout, itself included. */
  #followers(leader: MemberId, term: Term): number {
    const since = this.#world.nowMs - this.#electionTimeoutMs;
    const answers = [...(this.#answers.get(`${leader} ${term}`)?.values() ?? [])];
    return 1 + answers.filter((atMs) => atMs >= since).length;
  }
}
