import { create, fromBinary, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import { setTimeout as delay } from "node:timers/promises";
import {
  WatchCreateRequestSchema,
  WatchRequestSchema,
  WatchResponseSchema,
  type WatchCreateRequest_FilterType,
  type WatchRequest,
  type WatchResponse,
} from "../../src/generated/etcdserverpb/rpc_pb.ts";
import type { Cleanup } from "./single-member.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
/** WatchCreateRequest, with keys as text. */
export interface WatchWish {
  readonly key?: string;
  readonly rangeEnd?: string;
  readonly startRevision?: bigint;
  readonly progressNotify?: boolean;
  readonly filters?: WatchCreateRequest_FilterType[];
  readonly prevKv?: boolean;
  readonly watchId?: bigint;
  readonly fragment?: boolean;
}

/** A stream of watches by grpc-js, and what came on it. */
export class WatchClient {
  readonly responses: WatchResponse[] = [];
  error: ServiceError | undefined;
  isEnded = false;
  readonly #stream: ClientDuplexStream<WatchRequest | Uint8Array, WatchResponse>;
  #taken = 0;

  constructor(cleanup: Cleanup, endpoint: string, metadata: Readonly<Record<string, string>> = {}) {
    const client = new Client(endpoint, credentials.createInsecure());
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    this.#stream = client.makeBidiStreamRequest<WatchRequest | Uint8Array, WatchResponse>(
      "/etcdserverpb.Watch/Watch",
      (message) => Buffer.from(message instanceof Uint8Array ? message : toBinary(WatchRequestSchema, message)),
      (message) => fromBinary(WatchResponseSchema, message),
      sent,
    );
    this.#stream.on("data", (response: WatchResponse) => this.responses.push(response));
    this.#stream.on("error", (error: ServiceError) => (this.error = error));
    this.#stream.on("end", () => (this.isEnded = true));
    cleanup.after(() => {
      this.#stream.cancel();
      client.close();
    });
  }

  create({ key = "", rangeEnd = "", ...others }: WatchWish): void {
    const value = create(WatchCreateRequestSchema, { key: bytes(key), rangeEnd: bytes(rangeEnd), ...others });
    this.#send({ requestUnion: { case: "createRequest", value } });
  }

  cancelWatch(watchId: bigint): void {
    this.#send({ requestUnion: { case: "cancelRequest", value: { watchId } } });
  }

  requestProgress(): void {
    this.#send({ requestUnion: { case: "progressRequest", value: {} } });
  }

  /** Whatever these bytes are. */
  sendBytes(message: Uint8Array): void {
    this.#stream.write(message);
  }

  cancel(): void {
    this.#stream.cancel();
  }

  /** The client sends nothing more. */
  halfClose(): void {
    this.#stream.end();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** The next response. Fails when the stream does, or nothing comes. */
  async next(): Promise<WatchResponse> {
    await this.until(() => this.responses.length > this.#taken);
    return this.responses[this.#taken++] as WatchResponse;
  }

  async until(isTrue: () => boolean): Promise<void> {
    for (let waited = 0; !isTrue(); waited += 2) {
      if (this.error !== undefined) throw this.error;
      if (waited > 10_000) throw new Error(`nothing came after ${this.responses.length} responses`);
      await delay(2);
    }
  }

  async failure(): Promise<readonly [number, string]> {
    for (let waited = 0; this.error === undefined; waited += 5) {
      if (waited > 10_000) throw new Error("the stream did not fail");
      await delay(5);
    }
    return [this.error.code, this.error.details];
  }

  #send(request: MessageInitShape<typeof WatchRequestSchema>): void {
    this.#stream.write(create(WatchRequestSchema, request));
  }
}

/** A response as text: what was said, without who said it. */
export function responseText(response: WatchResponse): string {
  const { header, watchId, created, canceled, compactRevision, cancelReason, fragment, events } = response;
  const words = [`watch ${watchId}`];
  if (header?.revision !== 0n) words.push(`at ${header?.revision}`);
  if (created) words.push("created");
  if (canceled) words.push("canceled");
  if (compactRevision !== 0n) words.push(`compacted ${compactRevision}`);
  if (cancelReason !== "") words.push(cancelReason);
  if (fragment) words.push("fragment");
  return [words.join(" "), ...events.map(eventText)].join("; ");
}

export function eventText({ type, kv, prevKv }: WatchResponse["events"][number]): string {
  const before = prevKv === undefined ? "" : ` was ${itemText(prevKv)}`;
  return `${type === 0 ? "put" : "delete"} ${itemText(kv)}${before}`;
}

function itemText(item: WatchResponse["events"][number]["kv"]): string {
  if (item === undefined) return "nothing";
  const { key, value, createRevision, modRevision, version, lease } = item;
  const text = (some: Uint8Array): string => Buffer.from(some).toString();
  return `${text(key)}=${text(value)} ${createRevision}/${modRevision}/${version}${lease === 0n ? "" : ` lease ${lease}`}`;
}
