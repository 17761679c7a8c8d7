import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { grpcCodes, type Method, type StreamCall, type StreamHandler } from "@quorate/grpc";
import type { KeyValue, WatchEvent, WatchGroup } from "@quorate/store";
import type { Admission } from "../auth/admission.ts";
import { credentialsOfCall } from "../auth/credentials.ts";
import { authRefusalError } from "../auth/refusals.ts";
import { refusals, type EtcdError } from "../errors.ts";
import {
  LeaderRequestSchema,
  LeaderResponseSchema,
  type LeaderRequest,
} from "../generated/v3electionpb/v3election_pb.ts";
import { keyValueMessage, refusalError } from "../kv-responses.ts";
import { replicaRefusal } from "../replica-errors.ts";
import { responseHeader, type ServiceParts } from "../service-parts.ts";
import { firstUnder, keysUnder } from "./ownership-keys.ts";
import type { WaitingCalls } from "./waiting-calls.ts";

const path = "/v3electionpb.Election/Observe";

/** Every leader of an election and everything that it proclaims, from the present one on, until the client goes away. */
export function observeMethod(admission: Admission, waiting: WaitingCalls): Method {
  return {
    kind: "server-stream",
    path,
    open: (call) => {
      let observing: Observing | undefined;
      let isOver = false;
      const handler: StreamHandler = {
        onMessage: (message) => {
          let request: LeaderRequest;
          try {
            request = fromBinary(LeaderRequestSchema, message.slice());
          } catch {
            return call.end({ code: grpcCodes.internal, message: `grpc: error unmarshalling request for ${path}` });
          }
          const requestBytes = message.length;
          const refuse = ({ code, message: why }: EtcdError): void => call.end({ code, message: why });
          const begin = (parts: ServiceParts): void => {
            if (isOver) return;
            const leave = waiting.enter(requestBytes);
            if (leave === undefined) refuse(refusals.tooManyRequests());
            else observing = new Observing(parts.hold(), call, request.name, leave);
          };
          admission.admit(path, credentialsOfCall(call), request, begin, refuse);
        },
        onEnd: () => {},
        onDrain: () => observing?.resume(),
        onCancel: () => {
          isOver = true;
          observing?.end();
        },
      };
      return handler;
    },
  };
}

class Observing {
  readonly #parts: ServiceParts;
  readonly #call: StreamCall;
  readonly #name: Uint8Array;
  readonly #leave: () => void;
  readonly #group: WatchGroup;
  /** In hexadecimal; undefined while nobody leads. */
  #leader: string | undefined;
  /** Up to here, what happened is in what was found. */
  #foundAt = 0;
  #isFinding = true;
  #later: WatchEvent[] = [];
  #isReady = true;
  #isOver = false;
  /** `Guard.version`, when it was last asked. */
  #permittedAt: number | undefined;

  /** `leave` is called once it is over. */
  constructor(parts: ServiceParts, call: StreamCall, name: Uint8Array, leave: () => void) {
    this.#parts = parts;
    this.#call = call;
    this.#name = name;
    this.#leave = leave;
    const isReady = (): boolean => this.#isReady && !this.#isFinding;
    this.#group = parts.watches.group({
      get isReady() {
        return isReady();
      },
      events: (_watcher, events) => this.#take(events),
      compacted: () => this.#fail(refusals.compacted()),
      progress: () => {},
      closed: () => this.#fail(refusals.stopped()),
    });
    this.#group.watch({
      range: keysUnder(name),
      startRevision: 0,
      wantsPuts: true,
      wantsDeletes: true,
      wantsPrevious: false,
    });
    parts.replica.readBarrier((error) => {
      if (error !== undefined) this.#fail(replicaRefusal(error));
      else this.#find();
    });
  }

  resume(): void {
    this.#isReady = true;
    if (!this.#isFinding && !this.#isOver) this.#group.resume();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#group.close();
    this.#leave();
  }

  /** Looks whose turn it is now. Events come later. */
  #find(): void {
    if (this.#isOver) return;
    this.#isFinding = true;
    this.#parts.store.range(firstUnder(this.#name), (error, read) => {
      if (this.#isOver) return;
      if (error !== undefined) return this.#fail(refusals.corrupt());
      if (!read.ok) return this.#fail(refusalError(read.refusal));
      const [first] = read.result.items;
      this.#foundAt = read.revision;
      this.#isFinding = false;
      this.#leader = first === undefined ? undefined : hex(first.key);
      if (first !== undefined) this.#tell(first, read.revision);
      const later = this.#later;
      this.#later = [];
      this.#take(later);
      if (this.#isReady && !this.#isFinding) this.#group.resume();
    });
  }

  /** Why nothing more is shown: the permission to read may have been taken away meanwhile. */
  #refusal(): EtcdError | undefined {
    const { guard } = this.#parts;
    if (guard.version === this.#permittedAt) return undefined;
    this.#permittedAt = guard.version;
    const refusal = guard.refusalOfKeys("read", keysUnder(this.#name));
    return refusal === undefined ? undefined : authRefusalError(refusal);
  }

  #take(events: readonly WatchEvent[]): void {
    const refusal = this.#refusal();
    if (refusal !== undefined) return this.#fail(refusal);
    for (const [at, event] of events.entries()) {
      if (event.revision <= this.#foundAt) continue;
      const key = hex(event.item.key);
      if (this.#leader !== undefined && key !== this.#leader) continue;
      if (event.isPut) {
        this.#leader = key;
        this.#tell(event.item, event.revision);
      } else if (this.#leader !== undefined) {
        this.#later = events.slice(at + 1);
        return this.#find();
      }
    }
  }

  #tell(item: KeyValue, revision: number): void {
    const header = responseHeader(this.#parts, revision);
    const response = create(LeaderResponseSchema, { header, kv: keyValueMessage(item) });
    if (!this.#call.send(toBinary(LeaderResponseSchema, response))) this.#isReady = false;
  }

  #fail({ code, message }: EtcdError): void {
    if (this.#isOver) return;
    this.end();
    this.#call.end({ code, message });
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
