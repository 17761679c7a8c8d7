import type { Logger } from "@quorate/host";
import {
  describeMember,
  describePosition,
  type AppendRejected,
  type MemberId,
  type Message,
  type Term,
  type TimeMs,
} from "@quorate/raft";

/** Where this member stands when it hears something. */
export interface OwnStanding {
  readonly term: Term;
  /** 0 for nobody; itself where it leads. */
  readonly leader: MemberId;
}

/** Requests for votes that come one by one are told of from this many on: fewer are what an ordinary election makes. */
const leastRequests = 3;
/** At most one line of a kind about a member in so many ms. */
const quietMs = 10_000;
/** Refusals in so short a time belong together: a leader that looks for where two logs part. */
const mostRefusals = 8;

interface Watched {
  /** Under which leader it asked for votes, and how often. */
  leader: MemberId;
  requests: number;
  tellRequestsAt: TimeMs;
  refusals: number;
  refusalsSince: TimeMs;
}

/**
 * Notes what only the messages of others show: a member that asks for votes while its leader is heard (it is heard, and does not
 * hear), and a follower whose log is another one.
 */
export class PeerWatch {
  readonly #logger: Logger;
  readonly #peers = new Map<MemberId, Watched>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  heard(now: TimeMs, from: MemberId, message: Message, own: OwnStanding): void {
    const { type } = message;
    if (type === "append-rejected") this.#refused(now, from, message, own);
    else if (type === "pre-vote-request" || (type === "vote-request" && !message.transfer)) {
      this.#askedForVote(now, from, own);
    }
  }

  /** Only members of the configuration are watched. */
  forget(isMember: (id: MemberId) => boolean): void {
    for (const id of this.#peers.keys()) if (!isMember(id)) this.#peers.delete(id);
  }

  #askedForVote(now: TimeMs, from: MemberId, { leader }: OwnStanding): void {
    const watched = this.#watched(from);
    if (leader === 0 || leader === from || leader !== watched.leader) {
      watched.leader = leader;
      watched.requests = 0;
    }
    if (leader === 0 || leader === from) return;
    watched.requests++;
    if (watched.requests < leastRequests || now < watched.tellRequestsAt) return;
    watched.tellRequestsAt = now + quietMs;
    this.#logger.warn(
      `member ${describeMember(from)} asks for votes, though its leader, member ${describeMember(leader)}, is heard here`,
      { peer: describeMember(from), times: watched.requests },
    );
  }

  #refused(now: TimeMs, from: MemberId, { rejected, conflict, term }: AppendRejected, own: OwnStanding): void {
    // A member of an older term than ours has only to learn of ours.
    if (rejected === 0 || term > own.term) return;
    const watched = this.#watched(from);
    if (now - watched.refusalsSince > quietMs) {
      watched.refusalsSince = now;
      watched.refusals = 0;
    }
    if (++watched.refusals > mostRefusals) return;
    const position = describePosition({ index: rejected, term: own.term });
    this.#logger.info(
      `member ${describeMember(from)} has another log: it refused what follows ${position}, and has term ${conflict.term} there`,
      { peer: describeMember(from), conflict: describePosition(conflict) },
    );
  }

  #watched(id: MemberId): Watched {
    let watched = this.#peers.get(id);
    if (watched === undefined) {
      watched = {
        leader: 0,
        requests: 0,
        tellRequestsAt: Number.NEGATIVE_INFINITY,
        refusals: 0,
        refusalsSince: Number.NEGATIVE_INFINITY,
      };
      this.#peers.set(id, watched);
    }
    return watched;
  }
}
