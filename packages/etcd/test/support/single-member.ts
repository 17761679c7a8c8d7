import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { silentLogger } from "@quorate/host";
import { startEtcdServer, type EtcdServer, type EtcdServerOptions } from "../../src/index.ts";

/** Who ends what was started: a test, or `after`. */
export interface Cleanup {
  after(end: () => unknown): void;
}

/** A temporary folder, removed at the end. */
export function temporaryFolder(cleanup: Cleanup): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-etcd-"));
  cleanup.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}

export function memberOptions(dataDir: string): EtcdServerOptions {
  return {
    name: "one",
    dataDir,
    listenClients: [{ host: "127.0.0.1", port: 0 }],
    listenPeers: { host: "127.0.0.1", port: 0 },
    initialCluster: [{ name: "one", peerUrls: ["http://127.0.0.1:2380"] }],
    initialClusterToken: "test",
    electionTimeoutMs: 100,
    maxRequestBytes: 1.5 * 1024 * 1024,
    maxTxnOps: 128,
    logger: silentLogger,
  };
}

/** A cluster of one member on ports of its own, closed and removed at the end. */
export async function startSingleMember(
  cleanup: Cleanup,
  options: Partial<EtcdServerOptions> = {},
): Promise<EtcdServer> {
  const folder = temporaryFolder(cleanup);
  const server = await startEtcdServer({ ...memberOptions(join(folder, "data")), ...options });
  cleanup.after(() => server.close());
  await untilLeads(server);
  return server;
}

export async function untilLeads(server: EtcdServer): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (server.replica.status.role !== "leader") {
    if (performance.now() > deadline) throw new Error(`no leader: ${JSON.stringify(server.replica.status)}`);
    await delay(10);
  }
}
