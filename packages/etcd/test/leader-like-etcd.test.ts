import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { create, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import {
  LeaseKeepAliveRequestSchema,
  RangeRequestSchema,
  startEtcdServer,
  StatusRequestSchema,
  WatchRequestSchema,
} from "../src/index.ts";
import { etcdIsInstalled, freePort, startEtcdPair } from "./support/real-etcd.ts";
import { memberOptions, temporaryFolder } from "./support/single-member.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

const key = Buffer.from("k");
const asBytes = (message: Uint8Array): Buffer => Buffer.from(message);

/** The same of Quorate: two members over real sockets and disks. */
async function startPair(context: TestContext): Promise<{ readonly url: string; endOther: () => Promise<void> }> {
  const folder = temporaryFolder(context);
  const peers = await Promise.all(["one", "two"].map(async (name) => ({ name, port: await freePort() })));
  const initialCluster = peers.map(({ name, port }) => ({ name, peerUrls: [`http://127.0.0.1:${port}`] }));
  const servers = await Promise.all(
    peers.map(({ name, port }) =>
      startEtcdServer({
        ...memberOptions(join(folder, name)),
        name,
        initialCluster,
        listenPeers: { host: "127.0.0.1", port },
        electionTimeoutMs: 500,
      }),
    ),
  );
  context.after(() => Promise.all(servers.map((server) => server.close())));
  const [first, second] = servers;
  return { url: first?.clientUrls[0] as string, endOther: async () => second?.close() };
}

/** What one server says to those that want a leader, and to those that do not. */
class Side {
  readonly #client: Client;
  readonly #url: string;
  readonly #metadata = new Metadata();

  constructor(context: TestContext, url: string) {
    this.#url = url;
    this.#metadata.set("hasleader", "true");
    this.#client = new Client(new URL(url).host, credentials.createInsecure(), { "grpc.enable_retries": 0 });
    context.after(() => this.#client.close());
  }

  unary(path: string, request: Uint8Array, metadata = this.#metadata): Promise<string> {
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(path, asBytes, asBytes, request, metadata, (error: ServiceError | null) =>
        resolve(error === null ? "ok" : `${error.code} ${error.details}`),
      );
    });
  }

  /** A stream that is open from now on, and has been answered; its end to come. */
  async stream(path: string, request: Uint8Array): Promise<{ readonly ended: Promise<string> }> {
    for (;;) {
      const { answered, ended } = this.open(path, request);
      // On a machine that is busy even a healthy pair loses its leader for a moment.
      if ((await Promise.race([answered, ended])) === "answered") return { ended };
      await delay(50);
    }
  }

  open(path: string, request: Uint8Array): { readonly answered: Promise<"answered">; readonly ended: Promise<string> } {
    const call = this.#client.makeBidiStreamRequest(path, asBytes, asBytes, this.#metadata);
    const answered = new Promise<"answered">((resolve) => call.on("data", () => resolve("answered")));
    const ended = new Promise<string>((resolve) => {
      call.on("error", ({ code, details }: ServiceError) => resolve(`${code} ${details}`));
    });
    call.write(request);
    return { answered, ended };
  }

  async post(path: string, body: object, headers: Record<string, string>): Promise<string> {
    const answer = await fetch(`${this.#url}${path}`, { method: "POST", body: JSON.stringify(body), headers });
    const { code, message } = (await answer.json()) as { code?: number; message?: string };
    return `${answer.status} ${code ?? ""} ${message ?? ""}`;
  }

  async untilLeaderless(): Promise<void> {
    const status = toBinary(StatusRequestSchema, create(StatusRequestSchema, {}));
    for (let waited = 0; waited < 20_000; waited += 50) {
      if ((await this.unary("/etcdserverpb.Maintenance/Status", status)) !== "ok") return;
      await delay(50);
    }
    throw new Error("it still knows a leader");
  }
}

test("who asks for a leader is answered as by etcd, before and after it is lost", {
  skip,
  timeout: 120_000,
}, async (context) => {
  const pairs = await Promise.all([startPair(context), startEtcdPair(context)]);
  const answers = await Promise.all(
    pairs.map(async ({ url, endOther }) => {
      const side = new Side(context, url);
      const range = toBinary(RangeRequestSchema, create(RangeRequestSchema, { key, serializable: true }));
      const keepAlive = toBinary(LeaseKeepAliveRequestSchema, create(LeaseKeepAliveRequestSchema, { ID: 5n }));
      const value = { requestUnion: { case: "createRequest" as const, value: { key } } };
      const watch = toBinary(WatchRequestSchema, create(WatchRequestSchema, value));
      const streams = [
        ["/etcdserverpb.Watch/Watch", watch],
        ["/etcdserverpb.Lease/LeaseKeepAlive", keepAlive],
      ] as const;
      const json = { key: key.toString("base64"), serializable: true };
      const asked = async (): Promise<string[]> => [
        await side.unary("/etcdserverpb.KV/Range", range),
        await side.unary("/etcdserverpb.KV/Range", range, new Metadata()),
        await side.unary("/etcdserverpb.Maintenance/Status", new Uint8Array(0)),
        await side.unary("/etcdserverpb.Cluster/MemberList", new Uint8Array(0)),
        await side.post("/v3/kv/range", json, { "Grpc-Metadata-hasleader": "true" }),
        await side.post("/v3/kv/range", json, { hasleader: "true" }),
        await side.post("/v3/kv/range", json, {}),
      ];
      let before = await asked();
      while (before.some((said) => said.includes("no leader"))) before = await asked();
      const open = await Promise.all(streams.map(([path, request]) => side.stream(path, request)));
      await endOther();
      await side.untilLeaderless();
      const after = await asked();
      const refused = await Promise.all(streams.map(([path, request]) => side.open(path, request).ended));
      return { before, after, refused, ended: await Promise.all(open.map(({ ended }) => ended)) };
    }),
  );
  const [ours, theirs] = answers;
  assert.deepEqual(ours, theirs);
  assert.deepEqual(ours?.ended, ["14 etcdserver: no leader", "14 etcdserver: no leader"]);
});
