import { PingPolicy } from "./ping-policy.ts";
import { ConnectionError, errorCodes } from "./protocol.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Bounds for what a client may do that is allowed one by one, and an attack in numbers. */
export class AbuseGuard {
  readonly #pings: PingPolicy;
  /** Frames that make work and carry nothing: SETTINGS, PRIORITY, unknown, empty, late. */
  readonly #nuisances = new TokenBucket(2000, 100);
  /** Streams that end by a reset, whoever sends it. */
  readonly #resets = new TokenBucket(4096, 500);

  constructor(keepAliveMinMs: number) {
    this.#pings = new PingPolicy(keepAliveMinMs);
  }

  /** Throws `ConnectionError` when it is one too many. */
  nuisance(what: string, cost = 1): void {
    if (!this.#nuisances.take(cost)) throw calm(`too many ${what}`);
  }

  /** A client that calls may also say things around its calls. */
  called(): void {
    this.#nuisances.give(2);
  }

  /** False when it is one too many. */
  reset(): boolean {
    return this.#resets.take(1);
  }

  /** Headers or data have been sent to the client. */
  responded(): void {
    this.#pings.responded();
  }

  /** Throws `ConnectionError` when it is one too many. */
  pinged(): void {
    this.nuisance("PING");
    if (!this.#pings.pinged(performance.now())) throw calm("too_many_pings");
  }

  passed(ms: number): void {
    this.#nuisances.passed(ms);
    this.#resets.passed(ms);
  }
}

function calm(reason: string): ConnectionError {
  return new ConnectionError(errorCodes.enhanceYourCalm, reason);
}
