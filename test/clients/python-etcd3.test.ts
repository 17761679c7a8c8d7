import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { missingClient, startClientTarget } from "../harness/client-target.ts";
import { runProgram } from "../harness/quorate-command.ts";

// Debian's own interpreter, for which python3-etcd3 is packaged; another "python3" on the PATH may lack it.
const python = "/usr/bin/python3";
const script = fileURLToPath(new URL("python-etcd3-operations.py", import.meta.url));
const skip = await missingClient(python, ["-c", "import etcd3"], "python3-etcd3");

test("python3-etcd3, unmodified", { skip }, async (context) => {
  const endpoints = await startClientTarget(context);
  for (const endpoint of endpoints) {
    const ended = await runProgram(python, [script, endpoint], {
      env: { PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION: "python" },
    });
    assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}`);
    assert.match(ended.stdout, /^\d+ operations checked$/m);
  }
});
