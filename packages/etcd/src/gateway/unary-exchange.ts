import type { JsonValue } from "@bufbuild/protobuf";
import {
  grpcCodes,
  type GrpcStatus,
  type HttpRequestHead,
  type HttpStream,
  type HttpStreamHandler,
  type Method,
  type MethodCounts,
} from "@quorate/grpc";
import { GatewayCall } from "./gateway-call.ts";
import { errorBody, httpStatusOf } from "./gateway-errors.ts";
import { requestFromJson, responseToJson } from "./json-messages.ts";
import { JsonValueError, JsonValues, tooLarge } from "./json-values.ts";
import type { MessageTypes } from "./message-types.ts";
import { SlicedAnswer, slicedFromBytes } from "./sliced-answer.ts";

export type UnaryMethod = Extract<Method, { readonly kind: "unary" }>;

export interface GatewayLimits {
  /** Largest JSON value of a request, in bytes. */
  readonly maxValueBytes: number;
}

/** One unary call through the gateway. What follows the first value of the request is not looked at, as in etcd. */
export class UnaryExchange implements HttpStreamHandler {
  readonly #method: UnaryMethod;
  readonly #types: MessageTypes;
  readonly #stream: HttpStream;
  readonly #call: GatewayCall;
  readonly #counts: MethodCounts;
  readonly #begunAt: number;
  readonly #values: JsonValues;
  readonly #maxBytes: number;
  #receivedBytes = 0;
  #request: Uint8Array | undefined;
  #isAnswered = false;
  #sliced: SlicedAnswer | undefined;

  constructor(
    method: UnaryMethod,
    types: MessageTypes,
    head: HttpRequestHead,
    stream: HttpStream,
    counts: MethodCounts,
    { maxValueBytes }: GatewayLimits,
  ) {
    this.#method = method;
    this.#types = types;
    this.#stream = stream;
    this.#call = new GatewayCall(method.path, head);
    this.#counts = counts;
    this.#begunAt = counts.begun();
    this.#values = new JsonValues(maxValueBytes);
    this.#maxBytes = maxValueBytes;
    // From now on it has a time to become whole.
    stream.keep(1);
  }

  onData(piece: Uint8Array): void {
    if (this.#isAnswered) return;
    this.#receivedBytes += piece.length;
    try {
      if (this.#receivedBytes > this.#maxBytes) throw tooLarge(this.#receivedBytes, this.#maxBytes);
      if (this.#request !== undefined) return;
      this.#values.add(piece);
      const value = this.#values.next();
      // A copy: the piece is not ours to keep.
      if (value !== undefined) this.#request = Uint8Array.from(value);
      this.#stream.keep(1 + (this.#request?.length ?? this.#values.heldBytes));
      // A websocket's request has no end of its own.
      if (this.#stream.isFramed && value !== undefined) this.onEnd();
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  onEnd(): void {
    if (this.#isAnswered) return;
    let request: Uint8Array;
    try {
      request = requestFromJson(this.#types, this.#request ?? this.#values.end());
    } catch (thrown) {
      return this.#refuse(thrown);
    }
    this.#request = undefined;
    this.#stream.keep(0);
    this.#counts.took(request.length);
    this.#method.handle(this.#call, request, (status, response) => this.#respond(status, response));
  }

  onDrain(): void {
    this.#sliced?.drained();
  }

  onCancel(): void {
    this.#call.cancelled = true;
    this.#sliced?.stop();
    if (!this.#isAnswered) this.#counts.ended(grpcCodes.canceled, this.#begunAt);
    this.#isAnswered = true;
  }

  #respond(status: GrpcStatus, response: Uint8Array = new Uint8Array(0)): void {
    if (this.#isAnswered) return;
    this.#counts.ended(status.code, this.#begunAt);
    if (status.code === grpcCodes.ok) {
      this.#counts.gave(response.length);
      if (response.length <= slicedFromBytes) return this.#answer(200, responseToJson(this.#types, response));
      this.#isAnswered = true;
      this.#sliced = new SlicedAnswer(this.#stream, this.#types.output, response);
      this.#sliced.begin();
    } else this.#answer(httpStatusOf(status.code), errorBody(status));
  }

  #refuse(thrown: unknown): void {
    const isTooLarge = thrown instanceof JsonValueError && thrown.kind === "too-large";
    const code = isTooLarge ? grpcCodes.resourceExhausted : grpcCodes.invalidArgument;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    this.#counts.ended(code, this.#begunAt);
    this.#answer(httpStatusOf(code), errorBody({ code, message }));
  }

  #answer(status: number, json: JsonValue): void {
    this.#isAnswered = true;
    const body = Buffer.from(JSON.stringify(json));
    this.#stream.begin(status, "application/json", { "content-length": String(body.length) });
    this.#stream.write(body);
    this.#stream.end();
  }
}
