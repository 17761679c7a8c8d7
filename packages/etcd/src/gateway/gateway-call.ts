import type { Call, HttpRequestHead } from "@quorate/grpc";

/** A method's view of who called it through the gateway. */
export class GatewayCall implements Call {
  readonly path: string;
  readonly #head: HttpRequestHead;
  cancelled = false;

  constructor(path: string, head: HttpRequestHead) {
    this.path = path;
    this.#head = head;
  }

  get remote(): string {
    return this.#head.remote;
  }

  get clientName(): string | undefined {
    return this.#head.clientName;
  }

  /** Authorization as it is; any other under "Grpc-Metadata-", as grpc-gateway has it. */
  metadata(name: string): string | undefined {
    return this.#head.header(name === "authorization" ? name : `grpc-metadata-${name}`);
  }

  binaryMetadata(): undefined {
    return undefined;
  }

  remainingMs(): undefined {
    return undefined;
  }
}
