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
  await untilHealthy(client as string);
  return client as string;
}

/** Two members of one etcd cluster, of which the second can be ended: then the first has no leader any more. */
export async function startEtcdPair(
  cleanup: Cleanup,
): Promise<{ readonly url: string; endOther: () => Promise<void> }> {
  const folder = temporaryFolder(cleanup);
  const names = ["one", "two"];
  const ports = await Promise.all(names.flatMap(() => [freePort(), freePort()]));
  const [client, peer] = [0, 1].map((kind) => names.map((_, at) => `http://127.0.0.1:${ports[2 * at + kind]}`));
  const cluster = names.map((name, at) => `${name}=${peer?.[at]}`).join(",");
  const ends = names.map((name, at) => {
    const child = spawn(
      "etcd",
      [
        `--name=${name}`,
        `--data-dir=${folder}/${name}`,
        `--listen-client-urls=${client?.[at]}`,
        `--advertise-client-urls=${client?.[at]}`,
        `--listen-peer-urls=${peer?.[at]}`,
        `--initial-advertise-peer-urls=${peer?.[at]}`,
        `--initial-cluster=${cluster}`,
      ],
      { stdio: "ignore" },
    );
    const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
    const end = (): Promise<void> => {
      child.kill("SIGKILL");
      return ended;
    };
    cleanup.after(end);
    return end;
  });
  const url = client?.[0] as string;
  await untilHealthy(url);
  return { url, endOther: ends[1] as () => Promise<void> };
}

async function untilHealthy(url: string): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer?.status === 200) return;
    await delay(50);
  }
  throw new Error("etcd did not become healthy");
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}
