import { createRegistry, fromJson, toJson, type DescMethod, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import type { ServiceError } from "@grpc/grpc-js";
import { KV, Lease, Maintenance } from "../../src/generated/etcdserverpb/rpc_pb.ts";
import { EtcdClient } from "../support/serve-fake.ts";
import { methods, placed, type DrawnRequest } from "./requests.ts";

const registry = createRegistry(KV, Lease, Maintenance);
const described = new Map(
  [KV, Lease, Maintenance].flatMap((service) =>
    service.methods.map((method): [string, DescMethod] => [
      `${service.typeName.split(".")[1] ?? ""}/${method.name}`,
      method,
    ]),
  ),
);

/** One server under comparison. */
export class Compared {
  readonly url: string;
  readonly #client: EtcdClient;
  #base = 0;
  #leaseBase = 0;

  constructor(url: string) {
    this.url = url;
    this.#client = new EtcdClient(new URL(url).host);
  }

  close(): void {
    this.#client.close();
  }

  /** Begins a run: nothing is there, and its revisions are counted from here. */
  async begin(run: number): Promise<void> {
    const ask = (path: string, body: JsonValue): Promise<JsonObject> =>
      this.#post(path, body).then(({ answer }) => answer);
    const { alarms = [] } = (await ask("/maintenance/alarm", { action: "GET" })) as { alarms?: JsonObject[] };
    for (const { memberID = "0", alarm } of alarms) {
      await ask("/maintenance/alarm", { action: "DEACTIVATE", memberID, ...(alarm === undefined ? {} : { alarm }) });
    }
    const { leases = [] } = (await ask("/lease/leases", {})) as { leases?: { ID: string }[] };
    for (const { ID } of leases) await ask("/lease/revoke", { ID });
    const everything = Buffer.of(0).toString("base64");
    const { header } = await ask("/kv/deleterange", { key: everything, range_end: everything });
    this.#base = Number((header as { revision: string }).revision);
    this.#leaseBase = 1000 * run;
  }

  /** What it answers, without what tells servers and moments apart. */
  async ask({ method, body, over }: DrawnRequest): Promise<JsonValue> {
    const message = placed(body, { base: this.#base, leaseBase: this.#leaseBase }) as JsonObject;
    const [grpcName, path] = methods[method].split(" ") as [string, string];
    const answer = over === "json" ? await this.#post(path, message) : await this.#call(grpcName, message);
    return this.#plain(method, answer) as JsonValue;
  }

  async #post(path: string, body: JsonValue): Promise<{ status: number; answer: JsonObject }> {
    const response = await fetch(`${this.url}/v3${path}`, { method: "POST", body: JSON.stringify(body) });
    return { status: response.status, answer: (await response.json()) as JsonObject };
  }

  async #call(name: string, body: JsonObject): Promise<JsonObject> {
    const { input, output } = described.get(name) as DescMethod;
    try {
      const message = await this.#client.call(name, input, output, fromJson(input, body, { registry }));
      return { answer: toJson(output, message, { useProtoFieldName: true, registry }) };
    } catch (error) {
      const { code, details } = error as ServiceError;
      return { code, details };
    }
  }

  #plain(method: DrawnRequest["method"], answer: unknown): unknown {
    if (Array.isArray(answer)) return answer.map((one) => this.#plain(method, one));
    if (typeof answer !== "object" || answer === null) return answer;
    const fields = Object.entries(answer).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
      // Alarms have no header there.
      if (name === "header" && method === "Alarm") return [];
      if (["cluster_id", "member_id", "raft_term"].includes(name)) return [];
      if (name.endsWith("revision") && typeof value === "string") return [[name, Number(value) - this.#base]];
      if (["lease", "ID"].includes(name) && typeof value === "string") return [[name, Number(value) - this.#leaseBase]];
      // Seconds pass between two questions.
      if (name === "TTL" && method === "LeaseTimeToLive") return [[name, value === "-1" ? value : "left"]];
      if (name === "leases" && Array.isArray(value)) return [[name, this.#inOrder(method, value)]];
      if (name === "alarms" && Array.isArray(value)) return [[name, this.#inOrder(method, value)]];
      return [[name, this.#plain(method, value)]];
    });
    return Object.fromEntries(fields);
  }

  /** etcd gives these in whatever order its maps have. */
  #inOrder(method: DrawnRequest["method"], items: readonly unknown[]): unknown[] {
    const plain = items.map((item) => this.#plain(method, item));
    return plain.sort((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1));
  }
}
