import { Client, credentials, type ClientDuplexStream } from "@grpc/grpc-js";

/** Calls about leases to all members of a cluster, encoded by hand: what is measured is the cluster, not a client's library. */

const raw = (bytes: Buffer): Buffer => bytes;

export class LeaseCalls {
  readonly #clients: readonly Client[];
  #next = 0;

  constructor(endpoints: readonly string[], connectionsPerMember: number) {
    const options = { "grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0 };
    this.#clients = Array.from({ length: connectionsPerMember }, () =>
      endpoints.map((endpoint) => new Client(endpoint, credentials.createInsecure(), options)),
    ).flat();
  }

  /** Each with its own channel. */
  get clients(): readonly Client[] {
    return this.#clients;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  grant(id: number, ttl: number): Promise<Buffer> {
    return this.#call("Lease/LeaseGrant", Buffer.from([...field(1, ttl), ...field(2, id)]));
  }

  put(key: string, lease: number): Promise<Buffer> {
    return this.#call("KV/Put", Buffer.from([...bytes(1, key), ...bytes(2, "session"), ...field(3, lease)]));
  }

  /** How many leases a member knows. */
  async count(): Promise<number> {
    const answer = await this.#call("Lease/LeaseLeases", Buffer.alloc(0));
    let leases = 0;
    for (let at = 0; at < answer.length; ) {
      const tag = answer[at++] as number;
      const [length, from] = readVarint(answer, at);
      if (tag === 0x12) leases++;
      at = from + length;
    }
    return leases;
  }

  keepAlive(client: Client): ClientDuplexStream<Buffer, Buffer> {
    return client.makeBidiStreamRequest("/etcdserverpb.Lease/LeaseKeepAlive", raw, raw);
  }

  #call(path: string, request: Buffer): Promise<Buffer> {
    const client = this.#clients[this.#next++ % this.#clients.length] as Client;
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(`/etcdserverpb.${path}`, raw, raw, request, (error, answer) =>
        error === null ? resolve(answer as Buffer) : reject(error),
      );
    });
  }
}

export function keepAliveRequest(id: number): Buffer {
  return Buffer.from(field(1, id));
}

/** The id and the seconds of an answer to a keep-alive; 0 for what is left out. */
export function readKeepAlive(answer: Buffer): { readonly id: number; readonly ttl: number } {
  const found = { id: 0, ttl: 0 };
  for (let at = 0; at < answer.length; ) {
    const tag = answer[at++] as number;
    const [value, next] = readVarint(answer, at);
    at = tag === 0x0a ? next + value : next;
    if (tag === 0x10) found.id = value;
    if (tag === 0x18) found.ttl = value;
  }
  return found;
}

function field(number: number, value: number): number[] {
  return [number << 3, ...varint(value)];
}

function bytes(number: number, text: string): number[] {
  return [(number << 3) | 2, ...varint(text.length), ...Buffer.from(text)];
}

function varint(value: number): number[] {
  const digits: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) digits.push((rest % 0x80) | 0x80);
  return [...digits, rest];
}

function readVarint(from: Buffer, start: number): readonly [value: number, next: number] {
  let value = 0;
  let scale = 1;
  let at = start;
  for (; ((from[at] as number) & 0x80) !== 0; at++, scale *= 0x80) value += ((from[at] as number) & 0x7f) * scale;
  return [value + (from[at] as number) * scale, at + 1];
}
