import assert from "node:assert/strict";
import { test } from "node:test";
import { serveFake, type Served } from "./support/serve-fake.ts";

async function ask({ url }: Served, path: string, method = "GET"): Promise<readonly [number, string]> {
  const answer = await fetch(`${url}${path}`, { method });
  return [answer.status, await answer.text()];
}

test("/livez and /readyz: ok, each check with ?verbose, and each below its own path", async (context) => {
  const served = await serveFake(context);
  assert.deepEqual(await ask(served, "/livez"), [200, "ok"]);
  assert.deepEqual(await ask(served, "/readyz"), [200, "ok"]);
  assert.deepEqual(await ask(served, "/livez?verbose"), [200, "[+]serializable_read ok\n/livez check passed\n"]);
  assert.deepEqual(await ask(served, "/readyz?verbose"), [
    200,
    "[+]data_corruption ok\n[+]linearizable_read ok\n[+]non_learner ok\n[+]serializable_read ok\n/readyz check passed\n",
  ]);
  assert.deepEqual(await ask(served, "/readyz/linearizable_read?verbose"), [
    200,
    "[+]linearizable_read ok\n/readyz/linearizable_read check passed\n",
  ]);
  for (const name of ["data_corruption", "serializable_read", "non_learner"]) {
    assert.deepEqual(await ask(served, `/readyz/${name}`), [200, "ok"]);
  }
  assert.deepEqual(await ask(served, "/livez/serializable_read"), [200, "ok"]);
  assert.equal((await ask(served, "/readyz/nothing"))[0], 404);
  assert.deepEqual(await ask(served, "/livez", "POST"), [405, "Method Not Allowed\n"]);
});

test("a member without a cluster is live and not ready; what is excluded is not asked", async (context) => {
  const served = await serveFake(context);
  served.replica.failsWith = "no-leader";
  assert.deepEqual(await ask(served, "/livez"), [200, "ok"]);
  assert.deepEqual(await ask(served, "/readyz"), [
    503,
    "[+]data_corruption ok\n[-]linearizable_read failed: range error: etcdserver: no leader\n" +
      "[+]non_learner ok\n[+]serializable_read ok\n/readyz check failed\n",
  ]);
  assert.deepEqual(await ask(served, "/readyz?exclude=linearizable_read"), [200, "ok"]);
  assert.deepEqual(await ask(served, "/readyz?exclude=linearizable_read&exclude=non_learner&verbose"), [
    200,
    "[+]data_corruption ok\n[+]serializable_read ok\n/readyz check passed\n",
  ]);
});

test("a learner is not ready, and a member whose state differs neither", async (context) => {
  const served = await serveFake(context);
  const { replica } = served;
  const { configuration, memberId } = replica.status;
  replica.change({ configuration: { ...configuration, learners: [memberId] } });
  assert.deepEqual(await ask(served, "/readyz/non_learner"), [
    503,
    "[-]non_learner failed: not supported for learner\n/readyz/non_learner check failed\n",
  ]);
  replica.change({ configuration });
  replica.stateComparison = { ...replica.stateComparison, differing: [memberId] };
  assert.deepEqual(await ask(served, "/readyz/data_corruption"), [
    503,
    "[-]data_corruption failed: alarm activated: CORRUPT\n/readyz/data_corruption check failed\n",
  ]);
  assert.deepEqual(await ask(served, "/health"), [503, '{"health":"false","reason":"ALARM CORRUPT"}']);
  assert.deepEqual(await ask(served, "/health?exclude=CORRUPT"), [200, '{"health":"true","reason":""}']);
  assert.deepEqual(await ask(served, "/health?exclude=NOSPACE"), [503, '{"health":"false","reason":"ALARM CORRUPT"}']);
});

test("a member that rebuilds its state is not healthy", async (context) => {
  const served = await serveFake(context);
  served.condition.isRebuilding = true;
  assert.deepEqual(await ask(served, "/health"), [503, '{"health":"false","reason":"STATE REBUILDING"}']);
});

test("checks are counted under etcd's names", async (context) => {
  const served = await serveFake(context);
  await ask(served, "/health");
  await ask(served, "/livez");
  served.replica.failsWith = "no-leader";
  await ask(served, "/health");
  await ask(served, "/readyz/linearizable_read");
  const [, text] = await ask(served, "/metrics");
  for (const line of [
    "etcd_server_health_success 1",
    "etcd_server_health_failures 1",
    'etcd_server_healthcheck{type="livez",name="serializable_read"} 1',
    'etcd_server_healthcheck{type="readyz",name="linearizable_read"} 0',
    'etcd_server_healthchecks_total{type="readyz",name="linearizable_read",status="error"} 1',
    'etcd_server_healthchecks_total{type="livez",name="serializable_read",status="success"} 1',
  ]) {
    assert.ok(text.includes(`\n${line}\n`), line);
  }
});
