import { grpcCodeName, type StreamCall, type StreamHandler, type StreamingMethod } from "@quorate/grpc";
import type { WatchPermit } from "@quorate/store";
import type { Admission } from "../auth/admission.ts";
import { credentialsOfCall } from "../auth/credentials.ts";
import type { Guard } from "../auth/guard.ts";
import { authErrors, authRefusalError } from "../auth/refusals.ts";
import { refusals, type EtcdError } from "../errors.ts";
import { Headers } from "../hot/headers.ts";
import { replicaRefusal } from "../replica-errors.ts";
import type { ServiceParts } from "../service-parts.ts";
import { ProgressClock } from "./progress-clock.ts";
import { UnsentBudget } from "./unsent-budget.ts";
import { WatchCall } from "./watch-call.ts";

export interface WatchServiceOptions {
  /** As the member itself has them. */
  readonly parts: ServiceParts;
  readonly admission: Admission;
  /** How often watches that want to hear of progress do, in ms, 100 or more: 10 minutes unless given. */
  readonly progressNotifyMs?: number;
}

export const defaultProgressNotifyMs = 10 * 60 * 1000;
/** Bytes that all watch streams together may have sent without their clients taking them. */
const maxUnsentBytes = 128 * 1024 * 1024;
/** Room for what travels around a request, which etcd grants to parts of responses too. */
const partSlackBytes = 512 * 1024;

const deaf: StreamHandler = { onMessage: () => {}, onEnd: () => {} };

const path = "/etcdserverpb.Watch/Watch";

/** etcd's Watch service, over gRPC. */
export class WatchService {
  readonly #options: WatchServiceOptions;
  readonly #budget = new UnsentBudget(maxUnsentBytes);
  readonly #clock: ProgressClock;
  readonly #headers: Headers;
  readonly #calls = new Set<WatchCall>();
  #isClosed = false;

  constructor(options: WatchServiceOptions) {
    this.#options = options;
    this.#headers = new Headers(options.parts.replica);
    this.#clock = new ProgressClock(options.progressNotifyMs ?? defaultProgressNotifyMs);
  }

  /** Bytes that were sent and not taken. */
  get unsentBytes(): number {
    return this.#budget.bytes;
  }

  readonly method: StreamingMethod = {
    kind: "bidi-stream",
    path,
    // Twice, because the budget stops events, and not the answers to what clients ask.
    unsentBudgetBytes: 2 * maxUnsentBytes,
    open: (call) => this.#open(call),
  };

  /** Ends all streams: their clients turn to other members. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#calls) call.end(refusals.stopped());
    this.#clock.stop();
  }

  #open(call: StreamCall): StreamHandler {
    const { parts, admission } = this.#options;
    const own = admission.admitted(path, credentialsOfCall(call), undefined);
    if (own === undefined) {
      const { code, message } = authErrors.denied();
      call.end({ code, message });
      return deaf;
    }
    const stream = new WatchCall(call, {
      parts: own,
      permit: permitOf(own.guard.hold()),
      budget: this.#budget,
      headerAt: (revision) => this.#headers.at(revision),
      maxPartBytes: parts.maxRequestBytes + partSlackBytes,
      ended: (ended) => {
        this.#calls.delete(ended);
        this.#clock.delete(ended);
      },
    });
    if (this.#isClosed) {
      stream.end(refusals.stopped());
      return stream;
    }
    this.#calls.add(stream);
    this.#clock.add(stream);
    // Nor does a refusal mean much, where this member may only not have heard yet of a user.
    if (parts.condition.isRebuilding || own.guard.refusalOfUser() !== undefined) this.#awaitState(call, stream);
    return stream;
  }

  /** "From now on" means nothing while the state may lack what this member has shown before. */
  #awaitState(call: StreamCall, stream: WatchCall): void {
    call.pause();
    this.#options.parts.replica.readBarrier((error) => {
      if (error !== undefined) stream.end(replicaRefusal(error));
      else call.resume();
    });
  }
}

/** What a caller may watch. The reasons read as gRPC's errors do in etcd's own client, which matches on them. */
export function permitOf(guard: Guard): WatchPermit {
  return {
    get version() {
      return guard.version;
    },
    refusal: (range) => {
      const refusal = guard.refusalOfKeys("read", range);
      return refusal === undefined ? undefined : asText(authRefusalError(refusal));
    },
  };
}

function asText({ code, message }: EtcdError): string {
  return `rpc error: code = ${grpcCodeName(code)} desc = ${message}`;
}
