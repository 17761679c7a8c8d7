import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  WatchCreateRequestSchema,
  WatchRequestSchema,
  WatchResponseSchema,
} from "../../../packages/etcd/src/generated/etcdserverpb/rpc_pb.ts";
import { framed, prefixBytes } from "../../bench/grpc-message.ts";
import { FrameConnection } from "./frame-connection.ts";

/** What a stream of watches is told. */
export interface WatchTold {
  created(): void;
  /** The value of a key that was put. */
  event(value: Uint8Array): void;
  failed(error: Error): void;
}

/** One client with one stream of watches. */
export class WatchConnection extends FrameConnection {
  readonly #told: WatchTold;
  readonly #stream: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(endpoint: string, told: WatchTold) {
    super(endpoint, "/etcdserverpb.Watch/Watch");
    this.#told = told;
    this.#stream = this.begin();
  }

  watch(key: string): void {
    const value = create(WatchCreateRequestSchema, { key: Buffer.from(key) });
    const request = create(WatchRequestSchema, { requestUnion: { case: "createRequest", value } });
    this.send(this.#stream, framed(toBinary(WatchRequestSchema, request)), false);
  }

  protected override broken(error: Error): void {
    this.#told.failed(error);
  }

  protected override ended(): void {
    this.#told.failed(new Error("the stream of watches has ended"));
  }

  protected override data(_stream: number, payload: Buffer): void {
    const bytes = this.#rest.length === 0 ? payload : Buffer.concat([this.#rest, payload]);
    let offset = 0;
    while (bytes.length - offset >= prefixBytes) {
      const end = offset + prefixBytes + bytes.readUInt32BE(offset + 1);
      if (end > bytes.length) break;
      this.#message(bytes.subarray(offset + prefixBytes, end));
      offset = end;
    }
    this.#rest = bytes.subarray(offset);
  }

  #message(message: Uint8Array): void {
    const { created, canceled, cancelReason, events } = fromBinary(WatchResponseSchema, message);
    if (canceled) this.#told.failed(new Error(`a watch was cancelled: ${cancelReason}`));
    else if (created) this.#told.created();
    for (const { kv } of events) if (kv !== undefined) this.#told.event(kv.value);
  }
}
