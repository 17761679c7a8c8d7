import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Etcd3 } from "etcd3";
import { silentLogger } from "@quorate/host";
import { startEtcdServer } from "@quorate/etcd";
import { CertificateAuthority } from "../harness/certificate-authority.ts";
import { until } from "../harness/until.ts";

test("the npm client etcd3 over TLS, with a user and a password", async (context) => {
  const authority = new CertificateAuthority("ca", (end) => context.after(end));
  const folder = mkdtempSync(join(tmpdir(), "quorate-npm-"));
  context.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  const server = await startEtcdServer({
    name: "one",
    dataDir: join(folder, "data"),
    listenClients: [{ host: "127.0.0.1", port: 0, secure: true }],
    listenPeers: { host: "127.0.0.1", port: 0 },
    initialCluster: [{ name: "one", peerUrls: ["http://127.0.0.1:2380"] }],
    initialClusterToken: "npm",
    electionTimeoutMs: 200,
    maxRequestBytes: 1024 * 1024,
    maxTxnOps: 128,
    clientTls: { source: authority.issue({ commonName: "member", hosts: ["DNS:localhost"] }) },
    auth: { bcryptCost: 4 },
    logger: silentLogger,
  });
  context.after(() => server.close());
  await until("it leads", 5000, async () => (server.replica.status.role === "leader" ? true : undefined));
  const port = new URL(server.clientUrls[0] as string).port;
  const connect = (auth?: { username: string; password: string }): Etcd3 => {
    const client = new Etcd3({
      hosts: `https://localhost:${port}`,
      credentials: { rootCertificate: authority.certificate },
      ...(auth === undefined ? {} : { auth }),
    });
    context.after(() => client.close());
    return client;
  };
  const anonymous = connect();
  const role = await anonymous.role("app").create();
  await role.grant({ permission: "Readwrite", range: anonymous.range({ prefix: "app/" }) });
  const root = await anonymous.user("root").create("root");
  await root.addRole("root");
  const ann = await anonymous.user("ann").create("ann");
  await ann.addRole(role);
  await anonymous.auth.authEnable();

  const client = connect({ username: "ann", password: "ann" });
  await context.test("reads, writes, transactions, leases and watches within the permission", async () => {
    await client.put("app/a").value("1");
    assert.equal(await client.get("app/a").string(), "1");
    const outcome = await client.if("app/a", "Value", "==", "1").then(client.put("app/a").value("2")).commit();
    assert.equal(outcome.succeeded, true);
    const watcher = await client.watch().prefix("app/").create();
    const seen = new Promise((resolve) => watcher.on("put", (item) => resolve(item.value.toString())));
    const lease = client.lease(10);
    await lease.put("app/leased").value("3");
    assert.equal(await seen, "3");
    await watcher.cancel();
    await lease.revoke();
    assert.equal(await client.get("app/leased").string(), null);
  });

  await context.test("nothing beyond it", async () => {
    await assert.rejects(async () => client.put("other").value("1"), /permission denied/);
    await assert.rejects(async () => client.getAll().strings(), /permission denied/);
    await assert.rejects(async () => anonymous.get("app/a").string(), /user name is empty/);
    await assert.rejects(
      async () => connect({ username: "ann", password: "x" }).get("app/a").string(),
      /authentication failed/,
    );
  });

  await context.test("a new token by itself, once the old one is good no more", async () => {
    const admin = connect({ username: "root", password: "root" });
    await admin.auth.authDisable();
    await anonymous.auth.authEnable();
    assert.equal(await client.get("app/a").string(), "2");
  });
});
