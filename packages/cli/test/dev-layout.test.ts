import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { checkExistingLayout, chooseLayout, wantedPorts } from "../src/dev/choose-layout.ts";
import { readLayout, writeLayout } from "../src/dev/dev-layout.ts";
import { isPortFree } from "../src/dev/free-ports.ts";
import { FailureError, UsageError } from "../src/errors.ts";

const allFree = () => Promise.resolve(true);
const free =
  (...taken: number[]) =>
  (port: number) =>
    Promise.resolve(!taken.includes(port));

test("the ports are those of etcd's own example", async () => {
  const { layout, remarks } = await chooseLayout(3, undefined, allFree);
  assert.deepEqual(layout.members, [
    { name: "m1", clientPort: 2379, peerPort: 2380 },
    { name: "m2", clientPort: 22379, peerPort: 22380 },
    { name: "m3", clientPort: 32379, peerPort: 32380 },
  ]);
  assert.deepEqual(remarks, []);
});

test("a base port gives pairs; every wanted port is different and valid", () => {
  assert.deepEqual(wantedPorts(3, 5000), { client: 5004, peer: 5005 });
  const ports = [1, 2, 3, 4, 5, 6, 7, 8, 9].flatMap((number) => Object.values(wantedPorts(number, undefined)));
  assert.equal(new Set(ports).size, 18);
  assert.ok(ports.every((port) => port > 1024 && port < 65_536));
});

test("a taken port is replaced by the next free one, and said", async () => {
  const { layout, remarks } = await chooseLayout(1, undefined, free(2379));
  assert.deepEqual(layout.members, [{ name: "m1", clientPort: 2380, peerPort: 2381 }]);
  assert.deepEqual(remarks, ["Port 2379 is in use; using 2380 instead.", "Port 2380 is in use; using 2381 instead."]);
});

test("no free port at all is an error that says what to do", async () => {
  const none = () => Promise.resolve(false);
  await assert.rejects(
    chooseLayout(1, 4000, none),
    (error) => error instanceof FailureError && /--base-port/.test(error.message),
  );
});

test("the system is asked whether a port is free", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  assert.equal(await isPortFree(port), false);
  await new Promise((resolve) => server.close(resolve));
  assert.equal(await isPortFree(port), true);
});

test("a layout is found again as it was written; a damaged one is named", () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-layout-"));
  try {
    assert.equal(readLayout(folder), undefined);
    const layout = { members: [{ name: "m1", clientPort: 1, peerPort: 2 }] };
    writeLayout(folder, layout);
    assert.deepEqual(readLayout(folder), layout);
    for (const text of ["", "{", "{}", '{"members":[]}', '{"members":[{"name":1}]}', "null"]) {
      writeFileSync(join(folder, "cluster.json"), text);
      assert.throws(
        () => readLayout(folder),
        (error) => error instanceof FailureError && /is damaged/.test(error.message),
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a cluster that exists keeps its members and ports", async () => {
  const layout = { members: [{ name: "m1", clientPort: 2379, peerPort: 2380 }] };
  const none = { count: undefined, basePort: undefined };
  await checkExistingLayout(layout, "d", none, allFree);
  await checkExistingLayout(layout, "d", { count: 1, basePort: 2379 }, allFree);
  await assert.rejects(checkExistingLayout(layout, "d", { ...none, count: 3 }, allFree), UsageError);
  await assert.rejects(checkExistingLayout(layout, "d", { ...none, basePort: 5000 }, allFree), UsageError);
  await assert.rejects(
    checkExistingLayout(layout, "d", none, free(2380)),
    (error) => error instanceof FailureError && /Port 2380 of member m1 is in use/.test(error.message),
  );
});
