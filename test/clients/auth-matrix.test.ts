import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { DescMethod } from "@bufbuild/protobuf";
import { silentLogger } from "@quorate/host";
import { startEtcdServer } from "@quorate/etcd";
import { startEtcdCluster } from "../harness/etcd-cluster.ts";
import { until } from "../harness/until.ts";
import { Asking, pathOf, services } from "./auth/asking.ts";
import { authCases, callers, granted, leases, type Caller } from "./auth/cases.ts";

const methods = new Map(
  services.flatMap((service) => service.methods.map((method) => [pathOf(method).slice(1), method] as const)),
);

function methodOf(name: string): DescMethod {
  const method = methods.get(name);
  if (method === undefined) throw new Error(`no method ${name}`);
  return method;
}

/** Tokens of all callers, once users, roles, keys and leases are there and auth is enabled. */
async function prepare(asking: Asking): Promise<Map<Caller, string | undefined>> {
  const ask = (name: string, request: object, token?: string) =>
    asking.call(methodOf(`etcdserverpb.${name}`), request, token);
  const bytes = (text: string): Uint8Array => Buffer.from(text);
  for (const [key, lease] of [
    ["a", 0n],
    ["b", leases.inside],
    ["zz", leases.outside],
  ] as const) {
    if (lease !== 0n) await ask("Lease/LeaseGrant", { ID: lease, TTL: 1000n });
    await ask("KV/Put", { key: bytes(key), value: bytes("1"), lease });
  }
  await ask("Auth/RoleAdd", { name: "root" });
  for (const [role, permType] of [
    ["reading", 0],
    ["writing", 1],
    ["everything", 2],
  ] as const) {
    await ask("Auth/RoleAdd", { name: role });
    const perm = { permType, key: bytes(granted.from), rangeEnd: bytes(granted.to) };
    await ask("Auth/RoleGrantPermission", { name: role, perm });
  }
  const roles: Partial<Record<Caller, string>> = {
    reader: "reading",
    writer: "writing",
    both: "everything",
    root: "root",
  };
  const known = callers.filter((caller) => caller !== "anonymous");
  for (const name of known) {
    await ask("Auth/UserAdd", { name, password: name });
    const role = roles[name];
    if (role !== undefined) await ask("Auth/UserGrantRole", { user: name, role });
  }
  await ask("Auth/AuthEnable", {});
  const tokens = new Map<Caller, string | undefined>();
  for (const name of known) tokens.set(name, await authenticate(asking, name));
  return tokens;
}

async function authenticate(asking: Asking, name: string): Promise<string> {
  const answer = await asking.call(methodOf("etcdserverpb.Auth/Authenticate"), { name, password: name }, undefined);
  return (answer as { readonly token: string }).token;
}

const unserved = "-".repeat(callers.length);

async function compare(endpoint: string, isEtcd: boolean): Promise<void> {
  const asking = new Asking(endpoint);
  try {
    const tokens = await prepare(asking);
    const list = await asking.call(methodOf("etcdserverpb.Cluster/MemberList"), {}, tokens.get("root"));
    const peerUrls =
      (list as { readonly members: readonly { readonly peerURLs: string[] }[] }).members[0]?.peerURLs ?? [];
    const wrong: string[] = [];
    for (const { method, what, request, outcomes, etcd } of authCases) {
      let found = "";
      for (const caller of callers) {
        found += await asking.outcome(methodOf(method), request(caller, peerUrls), tokens.get(caller));
      }
      const expected = isEtcd ? (etcd?.[0] ?? outcomes) : outcomes;
      // What that version of etcd does not serve refuses everybody.
      if (found !== expected && !(isEtcd && found === unserved))
        wrong.push(`${method} ${what}: ${found}, not ${expected}`);
    }
    assert.deepEqual(wrong, [], `for ${callers.join(", ")}`);
  } finally {
    asking.close();
  }
}

async function startQuorate(context: TestContext): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-auth-"));
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const server = await startEtcdServer({
    name: "one",
    dataDir: join(folder, "data"),
    listenClients: [{ host: "127.0.0.1", port: 0 }],
    listenPeers: { host: "127.0.0.1", port: 0 },
    initialCluster: [{ name: "one", peerUrls: ["http://127.0.0.1:2380"] }],
    initialClusterToken: "auth",
    electionTimeoutMs: 200,
    maxRequestBytes: 1024 * 1024,
    maxTxnOps: 128,
    auth: { bcryptCost: 4 },
    logger: silentLogger,
  });
  context.after(() => server.close());
  await until("it leads", 5000, async () => (server.replica.status.role === "leader" ? true : undefined));
  return (server.clientUrls[0] as string).replace("http://", "");
}

test("every method of every service is in the table of who may do what", () => {
  const missing = [...methods.keys()].filter((name) => !authCases.some(({ method }) => method === name));
  assert.deepEqual(missing, []);
});

test("every method refuses whom it should, and nobody else", async (context) => {
  await compare(await startQuorate(context), false);
});

test("etcd 3.4.23 answers the same, but for what later versions have put right", async (context) => {
  const cluster = await startEtcdCluster(1, ["--bcrypt-cost=4"]);
  context.after(() => cluster.destroy());
  await compare(cluster.endpoints[0] as string, true);
});
