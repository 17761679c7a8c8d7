import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { freePorts } from "../harness/free-ports.ts";
import { MemberClient } from "../harness/member-client.ts";
import { quorateCommand, runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

/** A running `quorate dev`, whose output is a pipe. */
class Dev {
  readonly child: ChildProcess;
  readonly ended: Promise<string>;
  output = "";

  constructor(args: readonly string[]) {
    const [program, ...first] = quorateCommand();
    this.child = spawn(program, [...first, "dev", ...args], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    }
    this.ended = new Promise((resolve) => {
      this.child.once("exit", (code, signal) => resolve(signal ?? `code ${code}`));
    });
  }

  /** Process numbers by member, from the newest line that says who leads; undefined while nobody does. */
  get serving(): ReadonlyMap<string, number> | undefined {
    const line = this.output.trimEnd().split("\n").at(-1) ?? "";
    const members = [...line.matchAll(/(m\d) \(pid (\d+)\): (?:leader|follower) in term \d+, leader m\d/g)];
    if (members.length !== 3) return undefined;
    return new Map(members.map(([, name = "", pid]) => [name, Number(pid)]));
  }

  untilServing(): Promise<ReadonlyMap<string, number>> {
    return until(
      "three members serve",
      40_000,
      async () => this.serving,
      () => `\n${this.output}`,
    );
  }
}

async function startDev(context: TestContext): Promise<{ dev: Dev; args: readonly string[]; client: MemberClient }> {
  const folder = mkdtempSync(join(tmpdir(), "quorate-dev-"));
  const [basePort = 0] = await freePorts(1);
  const args = ["--data-dir", join(folder, "data"), "--base-port", String(basePort)];
  const dev = new Dev(args);
  const client = new MemberClient(`127.0.0.1:${portOf(await untilLayout(join(folder, "data", "cluster.json")))}`);
  context.after(async () => {
    client.close();
    dev.child.kill("SIGTERM");
    await dev.ended;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return { dev, args, client };
}

function untilLayout(path: string): Promise<string> {
  return until("the layout is written", 20_000, async () => readFileSync(path, "utf8"));
}

function portOf(layout: string): number {
  const { members } = JSON.parse(layout) as { members: { clientPort: number }[] };
  return members[0]?.clientPort ?? 0;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test("quorate dev serves, restarts a killed member, stops everything on a signal, and keeps the data", async (context) => {
  const { dev, args, client } = await startDev(context);
  const before = await dev.untilServing();
  await client.put("kept", "through everything");

  await context.test("a second one on the same folder is refused, and says why", async () => {
    const second = await runQuorate(["dev", ...args]);
    assert.equal(second.code, 1);
    assert.match(second.stderr, /Port \d+ of member m1 is in use: does this cluster run already/);
  });

  await context.test("a killed member comes back by itself", async () => {
    const victim = before.get("m2") ?? 0;
    process.kill(victim, "SIGKILL");
    await until("m2 runs again", 30_000, async () => {
      const pid = dev.serving?.get("m2");
      return pid !== undefined && pid !== victim ? true : undefined;
    });
  });

  await context.test("one signal stops every process", async () => {
    const pids = [...(await dev.untilServing()).values()];
    dev.child.kill("SIGINT");
    assert.equal(await dev.ended, "code 0", dev.output);
    assert.deepEqual(pids.filter(isRunning), []);
    assert.match(dev.output, /The data stays in/);
  });

  await context.test("the next run goes on from the data", async () => {
    const again = new Dev(args);
    try {
      await again.untilServing();
      assert.equal(await client.get("kept"), "through everything");
    } finally {
      again.child.kill("SIGTERM");
      assert.equal(await again.ended, "code 0", again.output);
    }
  });
});

test("members end when their supervisor is killed", async (context) => {
  const { dev } = await startDev(context);
  const pids = [...(await dev.untilServing()).values()];
  dev.child.kill("SIGKILL");
  await dev.ended;
  await until("every member has ended", 15_000, async () => (pids.some(isRunning) ? undefined : true));
});
