import type { GrpcStatus, ResponseMetadata, StreamCall, StreamHandler, StreamingMethod } from "@quorate/grpc";

/**
 * A stream that can be ended from outside: its method sees the call, and the engine the handler, as without it. What ends it so is to the
 * method as if the client had gone away.
 */
export class RequiringStream implements StreamCall, StreamHandler {
  readonly #call: StreamCall;
  readonly #over: () => void;
  #handler: StreamHandler | undefined;
  #isAbandoned = false;

  /** `over` is called when it has ended, whoever ended it; maybe several times. */
  constructor(call: StreamCall, over: () => void) {
    this.#call = call;
    this.#over = over;
  }

  begin(method: StreamingMethod): void {
    this.#handler = method.open(this);
  }

  /** Ends it from outside. */
  abandon({ code, message }: GrpcStatus): void {
    this.#isAbandoned = true;
    this.end({ code, message });
    this.#handler?.onCancel?.();
  }

  onMessage(message: Uint8Array): void {
    this.#handler?.onMessage(message);
  }

  onEnd(): void {
    this.#handler?.onEnd();
  }

  onDrain(): void {
    this.#handler?.onDrain?.();
  }

  onCancel(): void {
    this.#over();
    this.#handler?.onCancel?.();
  }

  end(status: GrpcStatus, trailers?: ResponseMetadata): void {
    this.#over();
    this.#call.end(status, trailers);
  }

  get path(): string {
    return this.#call.path;
  }

  get remote(): string {
    return this.#call.remote;
  }

  get clientName(): string | undefined {
    return this.#call.clientName;
  }

  get cancelled(): boolean {
    return this.#isAbandoned || this.#call.cancelled;
  }

  get unsentBytes(): number {
    return this.#call.unsentBytes;
  }

  metadata(name: string): string | undefined {
    return this.#call.metadata(name);
  }

  binaryMetadata(name: string): Uint8Array | undefined {
    return this.#call.binaryMetadata(name);
  }

  remainingMs(): number | undefined {
    return this.#call.remainingMs();
  }

  sendHeaders(metadata?: ResponseMetadata): void {
    this.#call.sendHeaders(metadata);
  }

  send(message: Uint8Array): boolean {
    return this.#call.send(message);
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }
}
