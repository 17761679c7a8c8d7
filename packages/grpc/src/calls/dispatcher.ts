import type { RequestTaker } from "../http2/connection-options.ts";
import type { Http2Connection } from "../http2/connection.ts";
import type { RequestHead } from "../http2/request-head.ts";
import type { Http2Stream, StreamConsumer } from "../http2/stream.ts";
import { grpcCodes, type GrpcStatus } from "../status.ts";
import { discardRequest } from "./discard.ts";
import { HttpExchange } from "./http-exchange.ts";
import { httpRequestHead } from "./http-head.ts";
import { Http2Exchange } from "./http-stream.ts";
import { trailersOnly } from "./response-blocks.ts";
import type { Shared } from "./shared.ts";
import { StreamingCall } from "./streaming-call.ts";
import { UnaryCall } from "./unary-call.ts";

const grpcContentType = "application/grpc";
const validGrpcContentType = /^application\/grpc([+;]|$)/;

/** Sends each request over HTTP/2 to who serves it: a gRPC method, or the handler of plain HTTP. */
export class Dispatcher implements RequestTaker {
  readonly #shared: Shared;

  constructor(shared: Shared) {
    this.#shared = shared;
  }

  request(connection: Http2Connection, stream: Http2Stream, head: RequestHead): StreamConsumer {
    const { contentType } = head;
    if (!contentType.startsWith(grpcContentType)) {
      const requestHead = httpRequestHead(connection, head);
      const open = this.#shared.httpStreams(requestHead);
      if (open === undefined) return new HttpExchange(this.#shared, connection, stream, requestHead);
      return new Http2Exchange(this.#shared, connection, stream, head).start(open);
    }
    if (contentType.length > grpcContentType.length && !validGrpcContentType.test(contentType)) {
      const message = `invalid gRPC request content-type "${contentType}"`;
      return refuse(connection, stream, { code: grpcCodes.invalidArgument, message }, 415);
    }
    if (head.method !== "POST") {
      const message = `a gRPC request must be a POST, not ${head.method}`;
      return refuse(connection, stream, { code: grpcCodes.internal, message }, 405);
    }
    const served = this.#shared.methods.find(head.path);
    if (served === undefined) {
      this.#shared.counts.unknown++;
      return refuse(connection, stream, this.#shared.methods.missing(head.path), 200);
    }
    const { method, counts } = served;
    if (method.kind === "unary") return new UnaryCall(this.#shared, method, counts, connection, stream, head).start();
    return new StreamingCall(this.#shared, method, counts, connection, stream, head).start();
  }

  tooLarge(connection: Http2Connection, stream: Http2Stream): void {
    const message = `grpc: the request's headers are larger than ${this.#shared.limits.maxHeaderBytes} bytes`;
    refuse(connection, stream, { code: grpcCodes.resourceExhausted, message }, 431);
  }
}

function refuse(
  connection: Http2Connection,
  stream: Http2Stream,
  status: GrpcStatus,
  httpStatus: number,
): StreamConsumer {
  connection.sender.headers(stream, trailersOnly(status, httpStatus), true);
  discardRequest(connection, stream);
  return stream.consumer;
}
