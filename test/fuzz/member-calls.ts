import { create, fromBinary, toBinary, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { grpcCodes } from "@quorate/grpc";

/** What may go on waiting: for others, or for what happens. */
const mayWait = /Watch\/Watch|Observe|Lock\/Lock|Campaign/;
const waitMs = 150;
/** Everything else is answered in this time, in ms: the member is alone on a machine that is not. */
const patienceMs = 20_000;

/** How a call ended: gRPC's code, and what was said. */
export interface Outcome {
  readonly code: number;
  readonly message: string;
}

/** A client of the member by libraries alone: grpc-js and fetch. */
export class Calls {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.enable_retries": 0,
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.use_local_subchannel_pool": 1,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** Any method, as if both sides streamed; undefined for one that waits, as it may. Throws when there is no answer in time. */
  ask(
    path: string,
    messages: readonly Buffer[],
    take: (answer: Buffer) => void = () => {},
  ): Promise<Outcome | undefined> {
    const asBytes = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve, reject) => {
      const call = this.#client.makeBidiStreamRequest(path, asBytes, asBytes);
      const isWaiting = mayWait.test(path);
      const timer = setTimeout(
        () => {
          settle();
          if (isWaiting) resolve(undefined);
          else reject(new Error(`${path}: no answer within ${patienceMs} ms`));
        },
        isWaiting ? waitMs : patienceMs,
      );
      const settle = (): void => {
        clearTimeout(timer);
        call.on("error", () => {});
        call.cancel();
      };
      call.on("data", take);
      call.on("error", ({ code, details }: ServiceError) => {
        settle();
        resolve({ code, message: details });
      });
      call.on("end", () => {
        settle();
        resolve({ code: 0, message: "" });
      });
      for (const message of messages) call.write(message);
      call.end();
    });
  }

  /** A unary call that must succeed. */
  async call<In extends DescMessage, Out extends DescMessage>(
    path: string,
    input: In,
    output: Out,
    request: MessageInitShape<In>,
  ) {
    let answer = Buffer.alloc(0);
    const bytes = Buffer.from(toBinary(input, create(input, request)));
    const outcome = await this.ask(path, [bytes], (one) => (answer = Buffer.from(one)));
    if (outcome?.code !== 0) throw new Error(`${path} answers ${outcome?.code} ${outcome?.message.slice(0, 300)}`);
    return fromBinary(output, answer);
  }
}

/** The same over the gateway. */
export async function overJson(url: string, body: unknown, path: string): Promise<Outcome | undefined> {
  const isWaiting = mayWait.test(path);
  const signal = AbortSignal.timeout(isWaiting ? waitMs : patienceMs);
  try {
    const answer = await fetch(url, { method: "POST", body: JSON.stringify(body), signal });
    const text = await answer.text();
    if (answer.status === 200) return { code: 0, message: "" };
    const isJson = answer.headers.get("content-type") === "application/json";
    const { code, message } = (isJson ? JSON.parse(text) : {}) as { code?: number; message?: string };
    // Errors in other forms are none of the gateway's.
    return { code: code ?? grpcCodes.internal, message: message ?? text };
  } catch (error) {
    if (isWaiting && signal.aborted) return undefined;
    throw new Error(`${path} over JSON: ${String(error)}`, { cause: error });
  }
}
