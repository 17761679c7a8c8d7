import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { runQuorate } from "../../../test/harness/quorate-command.ts";

test("a port that is taken, or no port, is said in words", async (context) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => server.close());
  const taken = await runQuorate(["lab", "--port", String((server.address() as AddressInfo).port)]);
  assert.equal(taken.code, 1);
  assert.match(taken.stderr, /the port is in use: choose another with --port|The lab is not built here/);
  const none = await runQuorate(["lab", "--port", "70000"]);
  assert.equal(none.code, 2);
});
