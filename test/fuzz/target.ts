import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEtcdServer, type EtcdServer } from "@quorate/etcd";
import type { Logger } from "@quorate/host";

/** How long a client of ours may be left without an answer and without an end, in ms. */
const patienceMs = 20_000;
const shortMs = 20;
/** What the process may take; a member that has little to keep takes far less, in bytes. */
const maxResidentBytes = 1_500_000_000;

/** One member, with all that it serves, in this process: what would end it ends the run. */
export class Target {
  readonly port: number;
  /** What the member has said that it never should: handlers that threw, connections that broke. */
  readonly findings: string[] = [];
  readonly #server: EtcdServer;
  readonly #folder: string;

  private constructor(server: EtcdServer, folder: string, findings: string[]) {
    this.#server = server;
    this.#folder = folder;
    this.findings = findings;
    this.port = Number(new URL(server.clientUrls[0] as string).port);
  }

  static async start(): Promise<Target> {
    const folder = mkdtempSync(join(tmpdir(), "quorate-fuzz-"));
    const findings: string[] = [];
    const nothing = (): void => {};
    const logger: Logger = {
      debug: nothing,
      info: nothing,
      warn: nothing,
      error: (message, fields) => void findings.push(`${message} ${JSON.stringify(fields)}`),
    };
    const server = await startEtcdServer({
      name: "fuzzed",
      dataDir: join(folder, "data"),
      listenClients: [{ host: "127.0.0.1", port: 0 }],
      listenPeers: { host: "127.0.0.1", port: 0 },
      initialCluster: [{ name: "fuzzed", peerUrls: ["http://127.0.0.1:2380"] }],
      initialClusterToken: "fuzz",
      electionTimeoutMs: 200,
      maxRequestBytes: 1.5 * 1024 * 1024,
      maxTxnOps: 128,
      auth: { bcryptCost: 4 },
      logger,
    });
    server.onFatal((error) => findings.push(`the member stopped: ${error.stack ?? error.message}`));
    const target = new Target(server, folder, findings);
    await target.check();
    return target;
  }

  /**
   * Sends bytes on a connection of their own, and leaves once `isOver` or the member has closed it. What keeps it waiting for long
   * is a finding, unless it may wait: then it leaves after a short while.
   */
  send(bytes: readonly Buffer[], isOver: (answer: Buffer) => boolean, mayWait = false): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const socket: Socket = connect({ port: this.port, host: "127.0.0.1", noDelay: true });
      const chunks: Buffer[] = [];
      const timer = setTimeout(
        () => {
          socket.destroy();
          if (!mayWait) reject(new Error(`neither an answer nor an end within ${patienceMs} ms`));
        },
        mayWait ? shortMs : patienceMs,
      );
      socket.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if (isOver(Buffer.concat(chunks))) socket.destroy();
      });
      socket.on("error", () => {});
      socket.on("close", () => {
        clearTimeout(timer);
        resolve(Buffer.concat(chunks));
      });
      for (const piece of bytes) socket.write(piece);
      if (bytes.length === 0) socket.destroy();
    });
  }

  /** Throws when the member is not as well as it should be. */
  async check(): Promise<void> {
    if (this.findings.length > 0) throw new Error(this.findings.join("\n"));
    const answer = await fetch(`http://127.0.0.1:${this.port}/livez`, { signal: AbortSignal.timeout(patienceMs) });
    if (answer.status !== 200) throw new Error(`/livez says ${answer.status} ${await answer.text()}`);
    await answer.text();
    const { rss } = process.memoryUsage();
    if (rss > maxResidentBytes) throw new Error(`the process takes ${Math.round(rss / 1e6)} MB`);
  }

  async close(): Promise<void> {
    await this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
