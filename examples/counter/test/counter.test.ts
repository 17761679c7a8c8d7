import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

interface Running {
  readonly process: ChildProcess;
  readonly url: string;
}

const program = new URL("../counter.ts", import.meta.url).pathname;
const members = new Map<number, Running>();
let directory = "";
let peers = "";

/** Ports that nobody uses: bound by the system's choice, all at once, and let go. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}

async function start(id: number): Promise<void> {
  const child = spawn(
    process.execPath,
    [...process.execArgv.filter((flag) => flag.startsWith("--conditions")), program, String(id)],
    {
      env: {
        ...process.env,
        COUNTER_PEERS: peers,
        COUNTER_PORT: "0",
        COUNTER_DATA: join(directory, String(id)),
      },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const lines = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> });
  const port = await new Promise<number>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`member ${id} ended with ${code} before it listened`)));
    lines.on("line", (line) => {
      const found = /port: (\d+)/.exec(line)?.[1];
      if (found !== undefined) resolve(Number(found));
    });
  });
  members.set(id, { process: child, url: `http://127.0.0.1:${port}/` });
}

async function stop(id: number, signal: NodeJS.Signals): Promise<number | null> {
  const running = members.get(id);
  if (running === undefined) return null;
  members.delete(id);
  const exit = once(running.process, "exit");
  running.process.kill(signal);
  const [code] = (await exit) as [number | null];
  return code;
}

async function ask(id: number, method: "GET" | "POST", query = ""): Promise<{ status: number; text: string }> {
  const response = await fetch((members.get(id) as Running).url + query, { method });
  return { status: response.status, text: (await response.text()).trim() };
}

/** Asks until it is answered: there may be no leader for a moment. Only for reads, which may be asked twice. */
async function read(id: number): Promise<number> {
  for (let attempt = 0; ; attempt++) {
    const { status, text } = await ask(id, "GET");
    if (status === 200) return Number(text);
    assert.ok(attempt < 10, text);
    await sleep(200);
  }
}

async function increment(id: number): Promise<number> {
  const { status, text } = await ask(id, "POST");
  assert.equal(status, 200, text);
  return Number(text);
}

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "quorate-counter-"));
  peers = (await freePorts(3)).map((port) => `http://127.0.0.1:${port}`).join();
  await Promise.all([1, 2, 3].map(start));
});

after(async () => {
  await Promise.all([...members.keys()].map((id) => stop(id, "SIGKILL")));
  await rm(directory, { recursive: true, force: true });
});

test("three processes count together, lose one to SIGKILL, count on, and take it back with the same value", async () => {
  assert.equal(await read(1), 0);
  let expected = 0;
  for (const id of [1, 2, 3, 1, 2, 3]) {
    expected += 1;
    assert.equal(await increment(id), expected, `through member ${id}`);
  }
  for (const id of [1, 2, 3]) assert.equal(await read(id), expected);

  await stop(2, "SIGKILL");
  // The read waits for the next leader, where the one that was killed led.
  assert.equal(await read(1), expected);
  for (const id of [1, 3, 3, 1]) {
    expected += 1;
    assert.equal(await increment(id), expected, `through member ${id} without member 2`);
  }

  await start(2);
  assert.equal(await read(2), expected, "the member that was killed has caught up");
  expected += 1;
  assert.equal(await increment(2), expected);
  for (const id of [1, 2, 3]) assert.equal(await read(id), expected);
});

test("a request that is sent again, to another member, counts once", async () => {
  const expected = (await read(1)) + 1;
  for (const id of [1, 3]) {
    assert.deepEqual(await ask(id, "POST", "?client=ann&request=1"), { status: 200, text: String(expected) });
  }
  assert.equal(await read(2), expected);
  assert.equal((await ask(2, "POST", "?client=ann&request=one")).status, 400);
});

test("processes end in order on SIGTERM, and a restarted cluster counts on from where it was", async () => {
  const expected = await read(1);
  const codes = await Promise.all([1, 2, 3].map((id) => stop(id, "SIGTERM")));
  assert.deepEqual(codes, [0, 0, 0]);
  await Promise.all([1, 2, 3].map(start));
  assert.equal(await read(3), expected);
  assert.equal(await increment(2), expected + 1);
});
