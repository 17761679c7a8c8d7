import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { temporaryFolder, type Cleanup } from "./single-member.ts";

/** Whether etcd is installed, to be compared with. */
export function etcdIsInstalled(): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("etcd", ["--version"], { stdio: "ignore" });
    child.on("error", () => resolve(false));
    child.on("close", (code) => resolve(code === 0));
  });
}

export interface EtcdStart {
  /** Where its data lies, or is to lie. */
  readonly dataDir: string;
  /** What makes them, for a member of this name and peer URL. */
  readonly prepare: (name: string, peer: string) => Promise<unknown>;
}

/** One etcd of its own in a temporary folder, ended and removed at the end. Gives its client URL. */
export async function startEtcd(cleanup: Cleanup, start?: EtcdStart): Promise<string> {
  const dataDir = start?.dataDir ?? `${temporaryFolder(cleanup)}/data`;
  const [client, peer] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
  await start?.prepare("default", peer as string);
  const child = spawn(
    "etcd",
    [
      `--data-dir=${dataDir}`,
      `--listen-client-urls=${client}`,
      `--advertise-client-urls=${client}`,
      `--listen-peer-urls=${peer}`,
      `--initial-advertise-peer-urls=${peer}`,
      `--initial-cluster=default=${peer}`,
    ],
    { stdio: "ignore" },
  );
  const ended = new Promise((resolve) => child.on("close", resolve));
  cleanup.after(() => {
    child.kill("SIGKILL");
    return ended;
  });
  for (let attempt = 0; attempt < 200; attempt++) {
    const answer = await fetch(`${client}/health`).catch(() => undefined);
    if (answer?.status === 200) return client as string;
    await delay(50);
  }
  throw new Error("etcd did not become healthy");
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
