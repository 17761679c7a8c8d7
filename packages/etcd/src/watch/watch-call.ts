import { fromBinary } from "@bufbuild/protobuf";
import type { HostError } from "@quorate/host";
import { grpcCodes, type StreamCall, type StreamHandler } from "@quorate/grpc";
import { isDamage, WatchStream, type WatchAnswer, type WatchPermit, type WatchSink } from "@quorate/store";
import { refusals, type EtcdError } from "../errors.ts";
import { WatchRequestSchema, type WatchRequest } from "../generated/etcdserverpb/rpc_pb.ts";
import type { HeaderFields } from "../hot/header-codec.ts";
import type { ServiceParts } from "../service-parts.ts";
import { encodeAnswer } from "./answer-codec.ts";
import { watchCreate } from "./requests.ts";
import type { UnsentBudget } from "./unsent-budget.ts";

export interface WatchCallParts {
  readonly parts: ServiceParts;
  readonly permit: WatchPermit;
  readonly budget: UnsentBudget;
  /** Who answers, from which revision. */
  readonly headerAt: (revision: number) => HeaderFields;
  /** Messages in parts are about as large as this at most, in bytes. */
  readonly maxPartBytes: number;
  readonly ended: (call: WatchCall) => void;
}

/** One client's stream of watches over gRPC. */
export class WatchCall implements StreamHandler, WatchSink {
  readonly #call: StreamCall;
  readonly #parts: WatchCallParts;
  readonly #stream: WatchStream;
  /** It has not taken what it was sent. */
  #isBlocked = false;
  #isPaused = false;
  #isEnded = false;
  #unsentBytes = 0;

  constructor(call: StreamCall, parts: WatchCallParts) {
    this.#call = call;
    this.#parts = parts;
    this.#stream = new WatchStream(parts.parts.watches, this);
  }

  get isReady(): boolean {
    return !this.#isBlocked && !this.#isEnded && this.#parts.budget.hasRoomFor(this);
  }

  onMessage(message: Uint8Array): void {
    let request: WatchRequest["requestUnion"];
    try {
      request = fromBinary(WatchRequestSchema, message).requestUnion;
    } catch {
      const unreadable = `grpc: error unmarshalling request for ${this.#call.path}`;
      return this.end({ code: grpcCodes.internal, message: unreadable });
    }
    switch (request.case) {
      case "createRequest":
        return this.#stream.create(watchCreate(request.value), this.#parts.permit);
      case "cancelRequest":
        return this.#stream.cancel(request.value.watchId);
      case "progressRequest":
        return this.#stream.requestProgress();
      case undefined:
    }
  }

  /** A client that asks for no more goes on being told, as with etcd. */
  onEnd(): void {}

  onDrain(): void {
    this.#counted(0);
    this.#isBlocked = false;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#call.resume();
    }
    this.#stream.resume();
  }

  onCancel(): void {
    this.#over();
  }

  roomMade(): void {
    if (!this.#isEnded) this.#stream.resume();
  }

  /** Notifications of progress are due. */
  notifyProgress(): void {
    if (!this.#isEnded) this.#stream.notifyProgress();
  }

  send(answer: WatchAnswer): void {
    if (this.#isEnded) return;
    const { headerAt, maxPartBytes } = this.#parts;
    for (const message of encodeAnswer(headerAt(answer.revision), answer, maxPartBytes)) {
      if (!this.#call.send(message)) this.#blocked();
    }
    if (!this.#isEnded) this.#counted(this.#call.unsentBytes);
  }

  closed(error: HostError): void {
    this.end(isDamage(error) ? refusals.corrupt() : refusals.stopped());
  }

  end({ code, message }: Pick<EtcdError, "code" | "message">): void {
    if (this.#isEnded) return;
    this.#over();
    this.#call.end({ code, message });
  }

  /** It asks for nothing more either, until it has taken what it was sent: answers to what it asks would grow without bound. */
  #blocked(): void {
    this.#isBlocked = true;
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#call.pause();
  }

  #counted(bytes: number): void {
    const difference = bytes - this.#unsentBytes;
    this.#unsentBytes = bytes;
    if (difference !== 0) this.#parts.budget.change(difference);
  }

  #over(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#stream.close();
    this.#parts.budget.forget(this);
    this.#counted(0);
    this.#parts.ended(this);
  }
}
