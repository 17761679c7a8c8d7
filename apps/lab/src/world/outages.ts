import type { TapeRequest } from "./tape.ts";

/** A pause of this share of an election timeout is none that anybody would notice. */
const unnoticed = 0.1;

/** Adds up the time in which clients asked for something and nothing was committed. All times are in µs. */
export class OutageMeter {
  readonly #requests: readonly TapeRequest[];
  readonly #from: number;
  readonly #graceMicros: number;
  #request = 0;
  /** When something was committed last; the longest time without that which is over; outages that are over. */
  #movedAt: number;
  #longest = 0;
  #total = 0;

  constructor(requests: readonly TapeRequest[], fromMicros: number, electionTimeoutMs: number) {
    this.#requests = requests;
    this.#from = fromMicros;
    this.#movedAt = fromMicros;
    this.#graceMicros = unnoticed * electionTimeoutMs * 1000;
  }

  /** Moments come in the order of time. */
  committed(at: number): void {
    if (at < this.#from) return;
    this.#longest = Math.max(this.#longest, at - this.#movedAt);
    this.#total += this.#outageUntil(at);
    this.#movedAt = at;
  }

  until(at: number): { readonly longestPauseMs: number; readonly unavailableMs: number } {
    return {
      longestPauseMs: Math.max(this.#longest, at - this.#movedAt) / 1000,
      unavailableMs: (this.#total + this.#outageUntil(at)) / 1000,
    };
  }

  /** Since the last commit, or since clients have begun to ask after it. */
  #outageUntil(at: number): number {
    const requests = this.#requests;
    for (; this.#request < requests.length; this.#request++) {
      const { askedAt } = requests[this.#request] as TapeRequest;
      if (askedAt >= this.#movedAt && this.#isAskedAllOver(this.#request)) break;
    }
    const first = requests[this.#request];
    if (first === undefined) return 0;
    const lasted = at - Math.max(this.#movedAt, first.askedAt);
    return lasted > this.#graceMicros ? lasted : 0;
  }

  /** Clients that ask for commands ask every member at once; who asks one of them wants to read only. */
  #isAskedAllOver(place: number): boolean {
    const [one, next] = [this.#requests[place], this.#requests[place + 1]];
    return one !== undefined && one.askedIn === next?.askedIn;
  }
}
