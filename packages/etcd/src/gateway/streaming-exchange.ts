import type { JsonValue } from "@bufbuild/protobuf";
import {
  grpcCodes,
  type GrpcStatus,
  type HttpRequestHead,
  type HttpStream,
  type HttpStreamHandler,
  type Method,
  type MethodCounts,
  type StreamEnding,
  type StreamCall,
  type StreamHandler,
} from "@quorate/grpc";
import { GatewayCall } from "./gateway-call.ts";
import { errorBody, errorLine, httpStatusOf } from "./gateway-errors.ts";
import { requestFromJson, responseToJson } from "./json-messages.ts";
import { JsonValues } from "./json-values.ts";
import type { MessageTypes } from "./message-types.ts";
import type { GatewayLimits } from "./unary-exchange.ts";

export type StreamingMethod = Exclude<Method, { readonly kind: "unary" }>;

/**
 * One streaming call through the gateway: the request is JSON values that follow each other, the answer a line
 * `{"result":...}` for each message. To the method it is a call like any other.
 */
export class StreamingExchange extends GatewayCall implements StreamCall, HttpStreamHandler {
  readonly #method: StreamingMethod;
  readonly #types: MessageTypes;
  readonly #stream: HttpStream;
  readonly #counts: MethodCounts;
  readonly #begunAt: number;
  readonly #values: JsonValues;
  readonly #handler: StreamHandler;
  #hasBegun = false;
  #messages = 0;
  #inputEnded = false;
  #isOver = false;

  constructor(
    method: StreamingMethod,
    types: MessageTypes,
    head: HttpRequestHead,
    stream: HttpStream,
    counts: MethodCounts,
    { maxValueBytes }: GatewayLimits,
  ) {
    super(method.path, head);
    this.#method = method;
    this.#types = types;
    this.#stream = stream;
    this.#counts = counts;
    this.#begunAt = counts.begun();
    this.#values = new JsonValues(maxValueBytes);
    this.#handler = method.open(this);
  }

  get unsentBytes(): number {
    return this.#stream.unsentBytes;
  }

  sendHeaders(): void {
    if (this.#isOver || this.#hasBegun) return;
    this.#hasBegun = true;
    this.#stream.begin(200, "application/json");
  }

  send(message: Uint8Array): boolean {
    if (this.#isOver) return false;
    this.sendHeaders();
    this.#counts.gave(message.length);
    return this.#line({ result: responseToJson(this.#types, message) });
  }

  end(status: GrpcStatus): void {
    this.#end(status, endingOf(status));
  }

  #end(status: GrpcStatus, ending: StreamEnding): void {
    if (this.#isOver) return;
    if (status.code === grpcCodes.ok) this.sendHeaders();
    else if (this.#hasBegun) this.#line(errorLine(status));
    else this.#refuse(httpStatusOf(status.code), status);
    this.#over(status);
    this.#stream.end(ending);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  onData(piece: Uint8Array): void {
    if (this.#inputEnded || this.#isOver) return;
    this.#values.add(piece);
    this.#deliver(() => this.#values.next());
    // What was whole has been delivered; what has begun now has its own time to become whole.
    this.#stream.keep(0);
    this.#stream.keep(this.#inputEnded ? 0 : this.#values.heldBytes);
  }

  onEnd(): void {
    if (this.#inputEnded || this.#isOver) return;
    this.#deliver(() => {
      const value = this.#values.end();
      if (value === undefined && this.#messages === 0 && this.#method.kind === "server-stream") {
        // No JSON at all is an empty request.
        return empty;
      }
      return value;
    });
    this.#endInput();
  }

  onDrain(): void {
    if (!this.#isOver) this.#handler.onDrain?.();
  }

  onCancel(): void {
    if (this.#isOver) return;
    this.cancelled = true;
    this.#over({ code: grpcCodes.canceled, message: "" });
    this.#handler.onCancel?.();
  }

  #deliver(next: () => Uint8Array | undefined): void {
    for (;;) {
      let request: Uint8Array;
      try {
        const value = next();
        if (value === undefined) return;
        request = requestFromJson(this.#types, value);
      } catch (thrown) {
        return this.#misunderstood(thrown);
      }
      this.#messages++;
      this.#counts.took(request.length);
      this.#handler.onMessage(request);
      if (this.#isOver || this.#inputEnded) return;
      // Its one message has come.
      if (this.#method.kind === "server-stream") return this.#endInput();
    }
  }

  /**
   * As in etcd: at the beginning it is an error, and later the end of what is understood. On a websocket, where a client goes on to send
   * and would never hear of it, it is an error at any time.
   */
  #misunderstood(thrown: unknown): void {
    if (this.#messages > 0 && !this.#stream.isFramed) return this.#endInput();
    this.#inputEnded = true;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    const status: GrpcStatus = { code: grpcCodes.unknown, message };
    this.#end(status, "malformed");
    this.#handler.onCancel?.();
  }

  #endInput(): void {
    if (this.#inputEnded || this.#isOver) return;
    this.#inputEnded = true;
    this.#handler.onEnd();
  }

  #refuse(httpStatus: number, status: GrpcStatus): void {
    this.#hasBegun = true;
    this.#stream.begin(httpStatus, "application/json");
    this.#stream.write(Buffer.from(JSON.stringify(errorBody(status))));
  }

  #line(json: JsonValue): boolean {
    return this.#stream.write(Buffer.from(`${JSON.stringify(json)}\n`));
  }

  #over({ code }: GrpcStatus): void {
    this.#isOver = true;
    this.#counts.ended(code, this.#begunAt);
  }
}

function endingOf({ code }: GrpcStatus): StreamEnding {
  if (code === grpcCodes.ok) return "complete";
  return code === grpcCodes.unavailable ? "unavailable" : "failed";
}

const empty: Uint8Array = Buffer.from("{}");
