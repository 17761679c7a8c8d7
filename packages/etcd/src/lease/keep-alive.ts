import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { grpcCodes, okStatus, type Method, type StreamCall, type StreamHandler } from "@quorate/grpc";
import type { Admission } from "../auth/admission.ts";
import { credentialsOfCall } from "../auth/credentials.ts";
import { authRefusalError } from "../auth/refusals.ts";
import { refusals } from "../errors.ts";
import {
  LeaseKeepAliveRequestSchema,
  LeaseKeepAliveResponseSchema,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";

const path = "/etcdserverpb.Lease/LeaseKeepAlive";

/** Renewals of one stream that are under way at a time; the client's others wait on its side. */
const mostUnderWay = 256;

/** Renews one lease: the answer has no seconds for one that is not there. The revision is the one before the renewal, as in etcd. */
export function leaseKeepAlive(
  parts: ServiceParts,
  { ID }: LeaseKeepAliveRequest,
  respond: Respond<LeaseKeepAliveResponse>,
): void {
  const header = responseHeader(parts, parts.store.revision);
  const refusal = parts.guard.refusalOfLease("write", ID);
  if (refusal !== undefined) return respond(authRefusalError(refusal), undefined);
  parts.leases.renew(ID, (error, ttl) => {
    if (error !== undefined) return respond(refusals.timeout(), undefined);
    respond(undefined, create(LeaseKeepAliveResponseSchema, { header, ID, TTL: BigInt(ttl) }));
  });
}

/** The stream on which clients renew their leases: those whose keys they may all write. */
export function keepAliveMethod(admission: Admission): Method {
  return {
    kind: "bidi-stream",
    path,
    open: (call) => {
      const stream = new KeepAliveStream(call);
      admission.admit(
        path,
        credentialsOfCall(call),
        undefined,
        (parts) => stream.begin(parts.hold()),
        ({ code, message }) => call.end({ code, message }),
      );
      return stream;
    },
  };
}

class KeepAliveStream implements StreamHandler {
  readonly #call: StreamCall;
  #parts: ServiceParts | undefined;
  /** What came before it was clear who calls. */
  #early: Uint8Array[] = [];
  #underWay = 0;
  #isPaused = false;
  #isFull = false;
  #hasEnded = false;

  constructor(call: StreamCall) {
    this.#call = call;
  }

  begin(parts: ServiceParts): void {
    this.#parts = parts;
    const early = this.#early;
    this.#early = [];
    for (const message of early) this.#renew(parts, message);
    this.#endIfDone();
  }

  onMessage(message: Uint8Array): void {
    if (this.#parts !== undefined) return this.#renew(this.#parts, message);
    this.#early.push(message.slice());
    if (this.#early.length >= mostUnderWay) this.#pause();
  }

  onEnd(): void {
    this.#hasEnded = true;
    this.#endIfDone();
  }

  onDrain(): void {
    this.#isFull = false;
    this.#resume();
  }

  #renew(parts: ServiceParts, message: Uint8Array): void {
    let request: LeaseKeepAliveRequest;
    try {
      request = fromBinary(LeaseKeepAliveRequestSchema, message);
    } catch {
      return this.#call.end({ code: grpcCodes.internal, message: `grpc: error unmarshalling request for ${path}` });
    }
    this.#underWay++;
    if (this.#underWay >= mostUnderWay) this.#pause();
    leaseKeepAlive(parts, request, (error, response) => {
      this.#underWay--;
      if (error !== undefined) return this.#call.end({ code: error.code, message: error.message });
      const answer = toBinary(LeaseKeepAliveResponseSchema, response as LeaseKeepAliveResponse);
      if (!this.#call.send(answer)) {
        this.#isFull = true;
        this.#pause();
      }
      this.#resume();
      this.#endIfDone();
    });
  }

  #endIfDone(): void {
    if (this.#hasEnded && this.#underWay === 0 && this.#parts !== undefined) this.#call.end(okStatus);
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#call.pause();
  }

  #resume(): void {
    if (!this.#isPaused || this.#isFull || this.#underWay >= mostUnderWay) return;
    this.#isPaused = false;
    this.#call.resume();
  }
}
