import { DurationHistogram } from "@quorate/host";
import type { Method } from "./service.ts";
import { grpcCodes, type GrpcCode } from "./status.ts";

const outcomes = Object.keys(grpcCodes).length;

/** gRPC's own buckets for how long calls take, in ms. */
const boundsMs: readonly number[] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/** What happened to the calls of one method: plain numbers, so that counting costs next to nothing. */
export class MethodCounts {
  readonly kind: Method["kind"];
  started = 0;
  /** Messages that came and went, and their bytes as the method sees them. */
  received = 0;
  receivedBytes = 0;
  sent = 0;
  sentBytes = 0;
  /** Calls that ended, by their code. */
  readonly handled: number[] = Array.from({ length: outcomes }, () => 0);
  /** How long they took; undefined when nobody asked for it. */
  readonly durations: DurationHistogram | undefined;

  constructor(kind: Method["kind"], areTimed: boolean) {
    this.kind = kind;
    this.durations = areTimed ? new DurationHistogram(boundsMs) : undefined;
  }

  /** A call has begun; gives what `ended` wants. */
  begun(): number {
    this.started++;
    return this.durations === undefined ? 0 : performance.now();
  }

  took(bytes: number): void {
    this.received++;
    this.receivedBytes += bytes;
  }

  gave(bytes: number): void {
    this.sent++;
    this.sentBytes += bytes;
  }

  ended(code: GrpcCode, begunAt: number): void {
    this.handled[code] = (this.handled[code] ?? 0) + 1;
    this.durations?.add(performance.now() - begunAt);
  }
}

/** The calls of all methods that one or several servers serve. */
export class CallCounts {
  readonly #methods = new Map<string, MethodCounts>();
  /** Calls of methods that do not exist. */
  unknown = 0;
  /** Whether it is measured how long calls take. */
  readonly areTimed: boolean;

  constructor(options: { readonly areTimed?: boolean } = {}) {
    this.areTimed = options.areTimed ?? false;
  }

  /** By path; methods that were never called are among them. */
  get methods(): ReadonlyMap<string, MethodCounts> {
    return this.#methods;
  }

  of({ path, kind }: Method): MethodCounts {
    let counts = this.#methods.get(path);
    if (counts === undefined) {
      counts = new MethodCounts(kind, this.areTimed);
      this.#methods.set(path, counts);
    }
    return counts;
  }
}
