import { create, toBinary } from "@bufbuild/protobuf";
import { PutRequestSchema } from "../../../packages/etcd/src/generated/etcdserverpb/rpc_pb.ts";
import { framed } from "../../bench/grpc-message.ts";
import { FrameConnection } from "./frame-connection.ts";

/** A client that puts keys and does not wait for one before it asks for the next. */
export class PutConnection extends FrameConnection {
  readonly #failed: (error: Error) => void;
  readonly #open = new Map<number, (ms: number) => void>();
  readonly #begun = new Map<number, number>();

  constructor(endpoint: string, failed: (error: Error) => void) {
    super(endpoint, "/etcdserverpb.KV/Put");
    this.#failed = failed;
  }

  get inFlight(): number {
    return this.#open.size;
  }

  /** `done` is told how long it took, in ms. */
  put(key: string, value: Uint8Array, done: (ms: number) => void): void {
    const stream = this.begin();
    this.#open.set(stream, done);
    this.#begun.set(stream, performance.now());
    const request = create(PutRequestSchema, { key: Buffer.from(key), value });
    this.send(stream, framed(toBinary(PutRequestSchema, request)), true);
  }

  protected override broken(error: Error): void {
    this.#failed(error);
  }

  protected override data(): void {}

  protected override ended(stream: number): void {
    this.#open.get(stream)?.(performance.now() - (this.#begun.get(stream) ?? 0));
    this.#open.delete(stream);
    this.#begun.delete(stream);
  }
}
