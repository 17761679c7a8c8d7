// `npm run handover-lab`: hands the leadership of three real members over again and again under writes, and says how long the
// writes paused. See docs/membership-lab.md.
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FailureError } from "../../../packages/cli/src/errors.ts";
import { ClusterCalls } from "../../../packages/cli/src/members/cluster.ts";
import { until } from "../../harness/until.ts";
import { LabCluster } from "../lab-cluster.ts";
import { percentile, reportOf, Writes } from "../writes.ts";
import type { Written } from "../writes.ts";

const usage = `Usage: npm run handover-lab -- [--transfers N] [--writes N] [--election-timeout MS] [--json FILE]

Options
  --transfers N          how often the leadership is handed over (default 50)
  --writes N             writes per second, through every member (default 200)
  --election-timeout MS  T (default 1000)
  --json FILE            write the report there too
  --help                 this text

Exit code: 0 no write failed and none waited for T, 1 otherwise, 2 called wrongly.`;

/** Between two handovers, in ms: what one leads to is seen before the next. */
const restMs = 700;
/** Counted as the pause of a handover: what touches its time and this long after it, in ms. */
const afterMs = 300;

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = {
    transfers: text,
    writes: text,
    "election-timeout": text,
    json: text,
    help: { type: "boolean" },
  } as const;
  try {
    const { values } = parseArgs({ options });
    const [transfers = 0, perSecond = 0, electionTimeoutMs = 0] = [
      values.transfers ?? "50",
      values.writes ?? "200",
      values["election-timeout"] ?? "1000",
    ].map(positive);
    if (values.help !== true) return await run({ transfers, perSecond, electionTimeoutMs, jsonPath: values.json });
    console.log(usage);
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

function positive(given: string): number {
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`"${given}" is no whole number above 0.`);
}

interface Asked {
  readonly transfers: number;
  readonly perSecond: number;
  readonly electionTimeoutMs: number;
  readonly jsonPath: string | undefined;
}

async function run({ transfers, perSecond, electionTimeoutMs, jsonPath }: Asked): Promise<number> {
  const lab = await LabCluster.start({ members: 3, electionTimeoutMs, extraArguments: [] });
  const endpoints = lab.members.map(({ endpoint }) => endpoint);
  const writes = new Writes({
    endpoints,
    perSecond,
    valueBytes: 256,
    keys: 1000,
    keyPrefix: "handover/",
    timeoutMs: 10_000,
  });
  const calls = new ClusterCalls({ endpoints, timeoutMs: 10_000 });
  try {
    await delay(3000);
    writes.take();
    await delay(10_000);
    const calm = reportOf(writes.take(), writes.failed);
    const written: Written[] = [];
    const spans: { readonly fromMs: number; readonly toMs: number }[] = [];
    let notTaken = 0;
    for (let asked = 0; spans.length < transfers && asked < 3 * transfers; asked++) {
      const fromMs = performance.now();
      const before = (await lab.describe()).leader;
      try {
        await calls.change({ case: "transfer", value: { to: 0n } });
      } catch (error) {
        // Bounded by T: the old leader goes on, or somebody else was elected meanwhile.
        if (!(error instanceof FailureError)) throw error;
        notTaken++;
        console.log(error.message);
        await lab.leader();
        continue;
      }
      await until("another member leads", 10_000, async () => {
        const { leader } = await lab.describe();
        return leader !== 0n && leader !== before ? true : undefined;
      });
      spans.push({ fromMs, toMs: performance.now() });
      await delay(restMs);
    }
    await writes.stop();
    written.push(...writes.take());
    const hash = await lab.sameHash(60_000);
    const pauses = spans.map((span) => longestPause(written, span)).sort((a, b) => a - b);
    const under = reportOf(written, writes.failed);
    const at = (share: number): number => Math.round(percentile(pauses, share));
    const report = {
      transfers: spans.length,
      notTaken,
      perSecond,
      electionTimeoutMs,
      calm,
      under,
      hash,
      p50Ms: at(0.5),
      p99Ms: at(0.99),
      longestMs: at(1),
    };
    console.log(
      `${spans.length} handovers and ${notTaken} that were not taken in time, ${perSecond} writes a second, T = ${electionTimeoutMs} ms; members' hash: ${hash}`,
    );
    console.log(`writes paused for p50 ${report.p50Ms}, p99 ${report.p99Ms}, longest ${report.longestMs} ms`);
    for (const [name, { acknowledged, failed, p50Ms, p99Ms, longestMs, longestPauseMs }] of Object.entries({
      calm,
      under,
    })) {
      console.log(
        `${name === "calm" ? "before, for 10 s" : "meanwhile"}: ${acknowledged} writes, ${failed} failed; latency p50 ${p50Ms}, ` +
          `p99 ${p99Ms}, longest ${longestMs} ms; longest pause ${longestPauseMs} ms`,
      );
    }
    for (const failure of new Set(writes.failures)) console.log(`a write failed: ${failure}`);
    if (jsonPath !== undefined) writeFileSync(jsonPath, `${JSON.stringify(report, undefined, 2)}\n`);
    return under.failed === 0 && spans.length >= transfers && report.longestMs < electionTimeoutMs ? 0 : 1;
  } finally {
    calls.close();
    await lab.cluster.destroy();
  }
}

/** The longest time without an acknowledgment that touches a handover. */
function longestPause(written: readonly Written[], span: { readonly fromMs: number; readonly toMs: number }): number {
  let longest = 0;
  for (let at = 1; at < written.length; at++) {
    const fromMs = written[at - 1]?.acknowledgedMs ?? 0;
    const toMs = written[at]?.acknowledgedMs ?? 0;
    if (toMs >= span.fromMs && fromMs <= span.toMs + afterMs) longest = Math.max(longest, toMs - fromMs);
  }
  return longest;
}
