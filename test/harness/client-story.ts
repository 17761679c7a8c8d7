import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { startCommandDriver, type RunCommand } from "./command-driver.ts";
import { runProgram, type Ended } from "./quorate-command.ts";

/** What every client command is tried with: the cluster, our command and etcdctl, whose output ours is compared with. */
export class ClientStory {
  readonly context: TestContext;
  readonly endpoints: readonly string[];
  readonly folder: string;
  readonly run: RunCommand;

  constructor(context: TestContext, endpoints: readonly string[]) {
    this.context = context;
    this.endpoints = endpoints;
    this.folder = mkdtempSync(join(tmpdir(), "quorate-client-"));
    context.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.run = startCommandDriver(context, { QUORATE_ENDPOINTS: endpoints.join(","), QUORATE_USER: undefined });
  }

  /** Output of a command that must succeed. */
  async ok(...args: string[]): Promise<string> {
    const ended = await this.run(...args);
    assert.equal(ended.code, 0, `quorate ${args.join(" ")}: ${ended.stderr}${ended.stdout}`);
    assert.equal(ended.stderr, "");
    return ended.stdout;
  }

  async json<T>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, "--json")) as T;
  }

  /** What a command that must fail says. */
  async refused(...args: string[]): Promise<string> {
    const ended = await this.run(...args);
    assert.equal(ended.code, 1, `quorate ${args.join(" ")}: ${ended.stderr}${ended.stdout}`);
    assert.doesNotMatch(ended.stderr, /^\s+at /m);
    return ended.stderr;
  }

  /** At the first endpoint, which ours asks first as well. */
  etcdctl(args: readonly string[], input = ""): Promise<Ended> {
    return runProgram("etcdctl", [`--endpoints=${this.endpoints[0]}`, ...args], {
      env: { ETCDCTL_API: "3" },
      input,
    });
  }

  /** Writes a file that is removed with the test, and gives its path. */
  file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }
}
