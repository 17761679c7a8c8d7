import {
  fromBinary,
  toBinary,
  create,
  type DescMessage,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import { startGrpcServer } from "@quorate/grpc";
import { clientPort } from "../../src/client-port.ts";
import { LeaderRequirement } from "../../src/leader/leader-requirement.ts";
import { ServerMetrics, type MetricsOptions } from "../../src/metrics.ts";
import { WatchService } from "../../src/watch/watch-service.ts";
import { fakeMember, type FakeMember } from "./fake-member.ts";
import type { Cleanup } from "./single-member.ts";

export interface Served extends FakeMember {
  readonly client: EtcdClient;
  /** "http://127.0.0.1:40123" */
  readonly url: string;
}

/** All services over a fake member, on a real socket. */
export async function serveFake(
  cleanup: Cleanup,
  {
    cors,
    areExtensive,
    traffic,
    ...options
  }: Parameters<typeof fakeMember>[0] & MetricsOptions & { readonly cors?: readonly string[] } = {},
): Promise<Served> {
  const member = await fakeMember(options);
  const metrics = new ServerMetrics(member.parts, {
    ...(areExtensive === undefined ? {} : { areExtensive }),
    ...(traffic === undefined ? {} : { traffic }),
  });
  const { parts, admission } = member;
  const watch = new WatchService({ parts, admission, progressNotifyMs: 100 });
  const leader = new LeaderRequirement(parts.replica);
  const maxMessageBytes = parts.maxRequestBytes + 512 * 1024;
  const port = clientPort({
    parts,
    admission,
    metrics,
    watch,
    leader,
    maxMessageBytes,
    ...(cors === undefined ? {} : { cors }),
  });
  const server = await startGrpcServer({
    address: { host: "127.0.0.1", port: 0 },
    ...port,
    limits: { ...port.limits, drainTimeoutMs: 200 },
  });
  cleanup.after(() => {
    watch.close();
    leader.stop();
    return server.close();
  });
  const client = new EtcdClient(`127.0.0.1:${server.address.port}`);
  cleanup.after(() => client.close());
  return { ...member, client, url: `http://127.0.0.1:${server.address.port}` };
}

/** gRPC by grpc-js, messages by the protobuf library: nothing of ours. */
export class EtcdClient {
  readonly #client: Client;

  constructor(endpoint: string) {
    this.#client = new Client(endpoint, credentials.createInsecure(), { "grpc.enable_retries": 0 });
  }

  close(): void {
    this.#client.close();
  }

  call<Input extends DescMessage, Output extends DescMessage>(
    path: string,
    input: Input,
    output: Output,
    request: MessageInitShape<Input>,
  ): Promise<MessageShape<Output>> {
    return this.callPath(`/etcdserverpb.${path}`, input, output, request);
  }

  /** A method of any service. */
  callPath<Input extends DescMessage, Output extends DescMessage>(
    path: string,
    input: Input,
    output: Output,
    request: MessageInitShape<Input>,
  ): Promise<MessageShape<Output>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest<MessageShape<Input>, MessageShape<Output>>(
        path,
        (message) => Buffer.from(toBinary(input, message)),
        (bytes) => fromBinary(output, bytes),
        create(input, request),
        (error: ServiceError | null, response) =>
          error === null ? resolve(response as MessageShape<Output>) : reject(error),
      );
    });
  }
}

/** Code and message that a call fails with. */
export async function failure(calling: Promise<unknown>): Promise<readonly [number, string]> {
  try {
    await calling;
  } catch (error) {
    const { code, details } = error as ServiceError;
    return [code, details];
  }
  throw new Error("the call succeeded");
}
