import type { Call, Method, StreamCall, StreamHandler, StreamingMethod } from "@quorate/grpc";
import type { Replica } from "@quorate/replica";
import type { CommandResult } from "@quorate/store";
import { refusals, type EtcdError } from "../errors.ts";
import { RequiringStream } from "./requiring-stream.ts";

/** Streams stay for this many election timeouts without a leader: to begin them anew costs more than to be refused. */
const patience = 3;

const deaf: StreamHandler = { onMessage: () => {}, onEnd: () => {} };

/**
 * Clients that would rather ask another member than wait here for a leader say so by the metadata "hasleader: true". As in etcd,
 * such a call of any service is refused at once while this member knows no leader, and such a stream ends when there has been none for three
 * election timeouts.
 */
export class LeaderRequirement {
  readonly #replica: Pick<Replica<CommandResult>, "status">;
  readonly #streams = new Set<RequiringStream>();
  readonly #stopListening: () => void;
  /** Kept, because every call asks. */
  #isLeaderKnown = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(replica: Pick<Replica<CommandResult>, "status" | "onChange">) {
    this.#replica = replica;
    this.#stopListening = replica.onChange(({ leader }) => this.#look(leader !== 0));
    this.#look(replica.status.leader !== 0);
  }

  /** The same methods, for all of whose calls this holds: what is served over gRPC and through the gateway passes here. */
  over(methods: readonly Method[]): Method[] {
    return methods.map((method) => {
      if (method.kind !== "unary") return { ...method, open: (call: StreamCall) => this.#open(method, call) };
      const { handle } = method;
      return {
        ...method,
        handle: (call, request, respond) => {
          const refusal = this.#isLeaderKnown ? undefined : this.#refusalOf(call);
          if (refusal === undefined) handle(call, request, respond);
          else respond({ code: refusal.code, message: refusal.message });
        },
      };
    });
  }

  stop(): void {
    this.#stopListening();
    clearTimeout(this.#timer);
  }

  #open(method: StreamingMethod, call: StreamCall): StreamHandler {
    if (!isRequiredBy(call)) return method.open(call);
    const refusal = this.#refusalOf(call);
    if (refusal !== undefined) {
      call.end({ code: refusal.code, message: refusal.message });
      return deaf;
    }
    const stream = new RequiringStream(call, () => this.#streams.delete(stream));
    this.#streams.add(stream);
    try {
      stream.begin(method);
    } catch (thrown) {
      this.#streams.delete(stream);
      throw thrown;
    }
    return stream;
  }

  #refusalOf(call: Call): EtcdError | undefined {
    return !this.#isLeaderKnown && isRequiredBy(call) ? refusals.noLeader() : undefined;
  }

  #look(isLeaderKnown: boolean): void {
    this.#isLeaderKnown = isLeaderKnown;
    if (isLeaderKnown) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (this.#timer === undefined) {
      const { electionTimeoutMs } = this.#replica.status.configuration.timing;
      this.#timer = setTimeout(() => this.#endAll(), patience * electionTimeoutMs);
      this.#timer.unref();
    }
  }

  /** None is begun before there is a leader again, so that one look is enough. */
  #endAll(): void {
    for (const stream of this.#streams) stream.abandon(refusals.noLeader());
  }
}

function isRequiredBy(call: Call): boolean {
  return call.metadata("hasleader") === "true";
}
