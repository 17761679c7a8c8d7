import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestSource, type DrawnRequest } from "./support/drawn-requests.ts";
import { etcdIsInstalled, startEtcd } from "./support/real-etcd.ts";
import { serveFake } from "./support/serve-fake.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

test("two thousand drawn requests are answered as etcd answers them", { skip }, async (context) => {
  const [ours, theirs] = [(await serveFake(context)).url, await startEtcd(context)];
  // QUORATE_SEED draws others. What docs/etcd-compatibility.md lists as different is never drawn.
  const source = new RequestSource(Number(process.env["QUORATE_SEED"] ?? 5));
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const request = source.next();
    const [our, their] = [await ask(ours, request), await ask(theirs, request)];
    if (our["status"] !== 200) refused++;
    assert.deepEqual(our, their, `request ${round}: ${request.path} ${JSON.stringify(request.body)}`);
  }
  assert.ok(refused > 50, `only ${refused} requests were refused: the test draws too tame ones`);
});

/** An answer without what tells servers apart: ids and term in the header. */
async function ask(url: string, { path, body }: DrawnRequest): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/v3${path}`, { method: "POST", body: JSON.stringify(body) });
  const { header, ...fields } = (await answer.json()) as { header?: { revision?: string } };
  return { status: answer.status, revision: header?.revision, ...fields };
}
