import { create, toBinary } from "@bufbuild/protobuf";
import { PutRequestSchema } from "../../../packages/etcd/src/generated/etcdserverpb/rpc_pb.ts";
import { framed } from "../../bench/grpc-message.ts";
import { FrameConnection } from "./frame-connection.ts";

/** Told how long a put took, in ms, and whether it was done. */
type Done = (ms: number, isDone: boolean) => void;

/** A client that puts keys and does not wait for one before it asks for the next. */
export class PutConnection extends FrameConnection {
  readonly #failed: (error: Error) => void;
  readonly #open = new Map<number, { readonly begunMs: number; readonly done: Done; isAnswered: boolean }>();

  constructor(endpoint: string, failed: (error: Error) => void) {
    super(endpoint, "/etcdserverpb.KV/Put");
    this.#failed = failed;
  }

  get inFlight(): number {
    return this.#open.size;
  }

  put(key: string, value: Uint8Array, done: Done): void {
    const stream = this.begin();
    this.#open.set(stream, { begunMs: performance.now(), done, isAnswered: false });
    const request = create(PutRequestSchema, { key: Buffer.from(key), value });
    this.send(stream, framed(toBinary(PutRequestSchema, request)), true);
  }

  protected override broken(error: Error): void {
    this.#failed(error);
  }

  protected override data(stream: number): void {
    const call = this.#open.get(stream);
    if (call !== undefined) call.isAnswered = true;
  }

  /** An answer without a message is a refusal. */
  protected override ended(stream: number): void {
    const call = this.#open.get(stream);
    if (call === undefined) return;
    this.#open.delete(stream);
    call.done(performance.now() - call.begunMs, call.isAnswered);
  }
}
