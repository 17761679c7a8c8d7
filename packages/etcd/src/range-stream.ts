import { grpcCodes, okStatus, type Method, type StreamCall, type StreamHandler } from "@quorate/grpc";
import type { HostError } from "@quorate/host";
import type { Replica } from "@quorate/replica";
import { isDamage, type CommandResult, type KeyRange, type KeyValue, type RangeOperation } from "@quorate/store";
import type { Admission } from "./auth/admission.ts";
import { credentialsOfCall } from "./auth/credentials.ts";
import { refusals, type EtcdError } from "./errors.ts";
import { Headers } from "./hot/headers.ts";
import { decodeRangeRequest, encodeRangePart, type RangeEnd } from "./hot/range-codec.ts";
import { MalformedMessageError } from "./hot/wire-reader.ts";
import { rangeOperationOf, type RangeFields } from "./kv-requests.ts";
import { refusalError } from "./kv-responses.ts";
import { refusalOf, whenReadable } from "./kv-service.ts";
import type { ServiceParts } from "./service-parts.ts";

const path = "/etcdserverpb.KV/RangeStream";
/** Keys of the first part, as in etcd: a client has something to work on at once. */
const firstPartKeys = 10;
/** How long a client may take nothing at all of a part, in ms. */
const partTimeoutMs = 60_000;

/**
 * etcd's KV.RangeStream (from 3.7 on): a range in parts of about `--max-request-bytes`, all of one revision. The next part is read once
 * the client has taken the one before, so that a slow client costs one part, and no snapshot of the engine: what it still wants may be
 * compacted meanwhile, which ends the stream.
 */
export function rangeStreamMethod(admission: Admission, replica: Replica<CommandResult>): Method {
  const headers = new Headers(replica);
  return {
    kind: "server-stream",
    path,
    open: (call) => {
      let streaming: Streaming | undefined;
      let isOver = false;
      const handler: StreamHandler = {
        onMessage: (message) => {
          const refuse = ({ code, message: why }: EtcdError): void => call.end({ code, message: why });
          let fields: RangeFields;
          try {
            fields = decodeRangeRequest(message.slice());
          } catch (thrown) {
            const why = thrown instanceof MalformedMessageError ? `: ${thrown.message}` : "";
            const unreadable = `grpc: error unmarshalling request for ${path}${why}`;
            return call.end({ code: grpcCodes.internal, message: unreadable });
          }
          const begin = (parts: ServiceParts): void => {
            if (isOver) return;
            let operation: RangeOperation;
            try {
              operation = streamable(fields);
            } catch (thrown) {
              return refuse(refusalOf(thrown));
            }
            streaming = new Streaming(parts.hold(), call, operation, headers);
            streaming.begin(fields.serializable);
          };
          admission.admit(path, credentialsOfCall(call), undefined, begin, refuse);
        },
        onEnd: () => {},
        onDrain: () => streaming?.drained(),
        onCancel: () => {
          isOver = true;
          streaming?.stop();
        },
      };
      return handler;
    },
  };
}

/** What can be read from its first key to its last. Throws `EtcdError`. */
function streamable(fields: RangeFields): RangeOperation {
  const operation = rangeOperationOf(fields);
  const { sortOrder, sortTarget } = operation;
  if (sortTarget !== "key" || sortOrder === "descend") {
    throw refusals.unimplemented("RangeStream does not support custom sort orders");
  }
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = fields;
  if ([minModRevision, maxModRevision, minCreateRevision, maxCreateRevision].some((revision) => revision !== 0)) {
    throw refusals.unimplemented("RangeStream does not support revision filters");
  }
  return operation;
}

/** One range on its way to a client. */
class Streaming {
  readonly #parts: ServiceParts;
  readonly #call: StreamCall;
  readonly #operation: RangeOperation;
  readonly #headers: Headers;
  /** What has not been read yet. */
  #range: KeyRange;
  /** Of the whole stream: 0 until the first part was read, unless the client asks for one. */
  #revision: number;
  /** The store's newest one when the first part was read: what the header says. */
  #headerRevision = 0;
  #sent = 0;
  #partKeys = firstPartKeys;
  /** Cleared when it has ended. */
  #isOver = false;
  #isWaiting = false;
  #stalled: NodeJS.Timeout | undefined;

  constructor(parts: ServiceParts, call: StreamCall, operation: RangeOperation, headers: Headers) {
    this.#parts = parts;
    this.#call = call;
    this.#operation = operation;
    this.#headers = headers;
    this.#range = operation.range;
    this.#revision = Math.max(0, operation.revision);
  }

  begin(isSerializable: boolean): void {
    const read = (): void => (this.#operation.countOnly ? this.#count(0) : this.#readPart());
    whenReadable(this.#parts, isSerializable, (error) => this.#refuse(error as EtcdError), read);
  }

  drained(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    clearTimeout(this.#stalled);
    this.#readPart();
  }

  /** Nobody waits for more. */
  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#stalled);
  }

  #readPart(): void {
    if (this.#isOver) return;
    const { limit, keysOnly } = this.#operation;
    const left = limit > 0 ? limit - this.#sent : Number.MAX_SAFE_INTEGER;
    const maxBytes = this.#parts.maxRequestBytes;
    const maxKeys = Math.min(left, this.#partKeys);
    const page = { range: this.#range, revision: this.#revision, keysOnly, maxKeys, maxBytes };
    this.#parts.store.page(page, (error, read) => {
      if (this.#isOver) return;
      if (error !== undefined) return this.#fail(error);
      if (!read.ok) return this.#refuse(refusalError(read.refusal));
      const { items, more } = read.result;
      this.#pin(read.revision);
      this.#sent += items.length;
      const last = items.at(-1);
      if (last === undefined || !more) return this.#finish(items, false, this.#sent);
      this.#range = { key: keyAfter(last.key), end: this.#range.end };
      if (items.length === left) return this.#count(this.#sent, items);
      this.#send(items);
    });
  }

  /** All that follows is of the revision at which it began. */
  #pin(newest: number): void {
    if (this.#headerRevision === 0) this.#headerRevision = newest;
    if (this.#revision === 0) this.#revision = newest;
  }

  #send(items: readonly KeyValue[]): void {
    const message = encodeRangePart(items, undefined);
    // Where values are large, their bytes bound a part.
    if (message.length < this.#parts.maxRequestBytes / 2) this.#partKeys *= 2;
    // Others have their turn between two parts.
    if (this.#call.send(message)) return void setImmediate(() => this.#readPart());
    this.#isWaiting = true;
    this.#watchOver(this.#call.unsentBytes);
  }

  /** A client that takes nothing at all is let go. */
  #watchOver(unsentBytes: number): void {
    if (this.#isOver) return;
    this.#stalled = setTimeout(() => {
      const now = this.#call.unsentBytes;
      if (now < unsentBytes) return this.#watchOver(now);
      const message = `quorate: nothing of this stream was taken for ${partTimeoutMs / 1000} s`;
      this.stop();
      this.#call.end({ code: grpcCodes.resourceExhausted, message });
    }, partTimeoutMs);
    this.#stalled.unref();
  }

  /** Counts what is left, where that is asked for: behind the limit, or all of it. */
  #count(before: number, items: readonly KeyValue[] = []): void {
    const counting = { ...this.#operation, range: this.#range, revision: this.#revision, limit: 0, countOnly: true };
    this.#parts.store.range(counting, (error, read) => {
      if (this.#isOver) return;
      if (error !== undefined) return this.#fail(error);
      if (!read.ok) return this.#refuse(refusalError(read.refusal));
      this.#pin(read.revision);
      this.#finish(items, before > 0, before + read.result.count);
    });
  }

  #finish(items: readonly KeyValue[], more: boolean, count: number): void {
    const end: RangeEnd = { header: this.#headers.at(this.#headerRevision), more, count };
    this.stop();
    this.#call.send(encodeRangePart(items, end));
    this.#call.end(okStatus);
  }

  #fail(error: HostError): void {
    this.#refuse(isDamage(error) ? refusals.corrupt() : refusals.stopped());
  }

  #refuse({ code, message }: EtcdError): void {
    this.stop();
    this.#call.end({ code, message });
  }
}

function keyAfter(key: Uint8Array): Uint8Array {
  const after = new Uint8Array(key.length + 1);
  after.set(key);
  return after;
}
