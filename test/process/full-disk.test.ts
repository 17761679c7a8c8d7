import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { runProgram } from "../harness/quorate-command.ts";

/** Runs in a mount namespace of its own, where it may mount small file systems that end with it. */
const inner = fileURLToPath(new URL("./full-disk/members.ts", import.meta.url));

/** Why this machine lets nobody mount anything; undefined when it does. As root in continuous integration it must. */
async function whyNot(): Promise<string | undefined> {
  const script = 'folder=$(mktemp -d) && trap "rmdir $folder" EXIT && mount -t tmpfs tmpfs $folder && umount $folder';
  const ended = await runProgram("unshare", ["--mount", "sh", "-c", script]).catch((error: Error) => error);
  if (!(ended instanceof Error) && ended.code === 0) return undefined;
  const reason = `a private mount is not permitted here: ${ended instanceof Error ? ended.message : ended.stderr.trim()}`;
  if (process.env["CI"] === "true" && process.getuid?.() === 0) throw new Error(reason);
  return reason;
}

test("a member whose disk is full stops cleanly and says so; the others go on; with space it comes back", async (context) => {
  const reason = process.platform === "linux" ? await whyNot() : "needs Linux's mount namespaces";
  if (reason !== undefined) return context.skip(reason);
  const args = ["--mount", process.execPath, ...process.execArgv.filter((flag) => !flag.startsWith("--test")), inner];
  const ended = await runProgram("unshare", args, { timeoutMs: 240_000, env: { NODE_TEST_CONTEXT: undefined } });
  for (const line of ended.stdout.split("\n")) if (/✔|✖|SKIP/.test(line)) context.diagnostic(line.trim());
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
});
