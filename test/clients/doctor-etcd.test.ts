import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { missingClient } from "../harness/client-target.ts";
import { startEtcdCluster } from "../harness/etcd-cluster.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcd", ["--version"], "etcd-server");

interface Report {
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly summary: string }[];
}

test("the doctor asks the members of a running etcd cluster how they are, and what it hears goes into a bundle", {
  skip,
}, async () => {
  const cluster = await startEtcdCluster(3);
  const folder = mkdtempSync(join(tmpdir(), "quorate-doctor-"));
  try {
    const ask = async (...more: readonly string[]): Promise<{ code: number | null; report: Report }> => {
      const endpoint = cluster.endpoints[0] ?? "";
      const { code, stdout } = await runQuorate([
        "doctor",
        "--cluster",
        endpoint,
        "--json",
        "--timeout",
        "2000",
        ...more,
      ]);
      return { code, report: JSON.parse(stdout) as Report };
    };
    const file = join(folder, "bundle.tar.gz");
    const healthy = await ask("--bundle", file);
    // The machine that runs the tests may be slow in earnest, and the doctor is to say so.
    const ofTheMachine = new Set(["overload", "slow-disk"]);
    const serious = healthy.report.findings.filter(({ severity }) => severity === "serious");
    assert.deepEqual(
      serious.filter(({ id }) => !ofTheMachine.has(id)),
      [],
    );
    assert.equal(healthy.code, serious.length === 0 ? 0 : 3);
    const bundle = gunzipSync(readFileSync(file));
    for (const name of ["cluster.json", "metrics/m2.txt", "machine.json"]) assert.ok(bundle.includes(name), name);
    assert.ok(bundle.includes("etcd_disk_wal_fsync_duration_seconds_bucket"));

    process.kill(cluster.members[1]?.pid ?? 0, "SIGKILL");
    const oneLess = await until("a member is missed", 20_000, async () => {
      const { report } = await ask();
      return report.findings.find(({ id }) => id === "lost-quorum");
    });
    assert.equal(oneLess.severity, "warning");
    assert.match(oneLess.summary, /m2.*one failure more/);
  } finally {
    await cluster.destroy();
    rmSync(folder, { recursive: true, force: true });
  }
});
